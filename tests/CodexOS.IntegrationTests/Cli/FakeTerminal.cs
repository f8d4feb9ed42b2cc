using System.Text;
using System.Threading.Channels;
using CodexOS.Cli;
using CodexOS.Cli.Contracts;
using CodexOS.Cli.Screens;
using Shouldly;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>Runs commands in this process, with an input, an environment and a width of the test's choosing.</summary>
internal sealed class FakeTerminal(Uri? server = null) : IDisposable
{
    private readonly Channel<ConsoleKeyInfo> _keys = Channel.CreateUnbounded<ConsoleKeyInfo>();
    private readonly SynchronizedWriter _out = new();
    private readonly SynchronizedWriter _error = new();
    private readonly MemoryStream _rawOut = new();
    private readonly TemporaryFolder _home = new();

    /// <summary>Runs a command as whoever has an access token; it must end with an exit code.</summary>
    public static async Task<FakeTerminal> EndedAsync(Uri server, string token, int exit, params string[] args)
    {
        var terminal = new FakeTerminal(server);
        terminal.Environment["CODEXOS_TOKEN"] = token;
        (await terminal.RunAsync(args)).ShouldBe(exit, terminal.Out + terminal.Error);
        return terminal;
    }

    public Dictionary<string, string> Environment { get; } = new(StringComparer.Ordinal);

    public bool IsTerminal { get; init; }

    public int Width { get; init; } = 100;

    public string Input { get; init; } = "";

    public ServeOptions? Served { get; private set; }

    public string Home => _home.Path;

    public string CredentialsPath => _home.At(".config/codexos/credentials.json");

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public byte[] RawOut => _rawOut.ToArray();

    /// <summary>Types, as a person at the keyboard does.</summary>
    public void Type(string text)
    {
        foreach (var each in text)
        {
            var key = each == '\n' ? ConsoleKey.Enter : ConsoleKey.None;
            _keys.Writer.TryWrite(new ConsoleKeyInfo(each, key, shift: false, alt: false, control: false));
        }
    }

    /// <summary>Waits until the output or the error output shows a text.</summary>
    public Task ShowsAsync(string text) => Task.WhenAny(_out.ShowsAsync(text), _error.ShowsAsync(text))
        .WaitAsync(TimeSpan.FromSeconds(20));

    public Task<int> RunAsync(params string[] args) => RunAsync(CancellationToken.None, args);

    public Task<int> RunAsync(CancellationToken cancellationToken, params string[] args)
    {
        var environment = new Dictionary<string, string>(Environment, StringComparer.Ordinal) { ["HOME"] = _home.Path };
        if (IsTerminal) environment.TryAdd("TERM", "xterm");
        if (server is not null) environment.TryAdd("CODEXOS_URL", server.ToString());
        var terminal = new Terminal
        {
            Out = _out,
            Error = _error,
            In = new StringReader(Input),
            OpenRawOut = () => _rawOut,
            OpenRawIn = () => new MemoryStream(Encoding.UTF8.GetBytes(Input)),
            Variable = environment.GetValueOrDefault,
            OutIsTerminal = IsTerminal,
            ErrorIsTerminal = IsTerminal,
            InIsTerminal = IsTerminal,
            Width = () => Width,
            Directory = _home.Path,
            ReadKeyAsync = IsTerminal ? token => _keys.Reader.ReadAsync(token).AsTask() : null,
        };
        return new Application(terminal, ServeAsync, static (_, _) => Task.FromResult(0)).RunAsync(args, cancellationToken);
    }

    public async Task SignInAsync()
    {
        using var login = new FakeTerminal(server) { Input = ContractServer.Password + "\n" };
        if (await login.RunAsync("login", "--email", ContractServer.Email, "--password-stdin") != 0)
            throw new InvalidOperationException(login.Error);
        Directory.CreateDirectory(Path.GetDirectoryName(CredentialsPath)!);
        File.Copy(login.CredentialsPath, CredentialsPath, overwrite: true);
    }

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
        _rawOut.Dispose();
        _home.Dispose();
    }

    private Task<int> ServeAsync(ServeOptions options, CancellationToken cancellationToken)
    {
        Served = options;
        return Task.FromResult(0);
    }
}
