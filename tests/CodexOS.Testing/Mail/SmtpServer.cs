using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace CodexOS.Testing.Mail;

/// <summary>A mail as an SMTP server was given it.</summary>
/// <param name="Commands">What the client said before it, line by line.</param>
/// <param name="Content">The mail itself, as it came over the wire, without the escapes of leading dots.</param>
public sealed record ReceivedMail(IReadOnlyList<string> Commands, byte[] Content)
{
    /// <summary>The addresses that the envelope names as recipients.</summary>
    public IReadOnlyList<string> Recipients =>
        [.. Commands.Where(static line => line.StartsWith("RCPT TO:", StringComparison.OrdinalIgnoreCase))
            .Select(static line => line["RCPT TO:".Length..].Split('>')[0].TrimStart('<'))];
}

/// <summary>A small SMTP server that takes all mail and hands it to the test, with every command that was sent for it.</summary>
public sealed class SmtpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Channel<ReceivedMail> _mails = Channel.CreateUnbounded<ReceivedMail>();
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _serving;

    /// <summary>Starts it on a free port.</summary>
    public SmtpServer()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    /// <summary>The settings of a server that sends its mail here.</summary>
    public string[] Settings =>
        ["Mail:Host=127.0.0.1", $"Mail:Port={((IPEndPoint)_listener.LocalEndpoint).Port}", "Mail:Security=None"];

    /// <summary>Waits for the next mail.</summary>
    public async Task<ReceivedMail> ReceiveAsync(CancellationToken cancellationToken) =>
        await _mails.Reader.ReadAsync(cancellationToken);

    /// <summary>Whether no further mail came.</summary>
    public bool IsEmpty => _mails.Reader.Count == 0;

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _serving;
        _listener.Dispose();
        _stop.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                await TalkAsync(client.GetStream());
            }
        }
        catch (Exception error) when (_stop.IsCancellationRequested && error is OperationCanceledException or SocketException)
        {
        }
    }

    private async Task TalkAsync(NetworkStream stream)
    {
        // Bytes are kept one to one.
        using var reader = new StreamReader(stream, Encoding.Latin1);
        var commands = new List<string>();
        await AnswerAsync(stream, "220 test");
        while (await reader.ReadLineAsync(_stop.Token) is { } line)
        {
            commands.Add(line);
            switch (line.Split(' ')[0].ToUpperInvariant())
            {
                case "EHLO":
                    await AnswerAsync(stream, "250-test\r\n250 8BITMIME");
                    break;
                case "DATA":
                    await AnswerAsync(stream, "354 go on");
                    var content = new StringBuilder();
                    while (await reader.ReadLineAsync(_stop.Token) is { } text && text != ".")
                        content.Append(text.StartsWith('.') ? text[1..] : text).Append("\r\n");
                    _mails.Writer.TryWrite(new ReceivedMail([.. commands], Encoding.Latin1.GetBytes(content.ToString())));
                    commands.Clear();
                    await AnswerAsync(stream, "250 taken");
                    break;
                case "QUIT":
                    await AnswerAsync(stream, "221 bye");
                    return;
                default:
                    await AnswerAsync(stream, "250 ok");
                    break;
            }
        }
    }

    private async Task AnswerAsync(NetworkStream stream, string line) =>
        await stream.WriteAsync(Encoding.ASCII.GetBytes($"{line}\r\n"), _stop.Token);
}
