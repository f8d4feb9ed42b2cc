using System.Text;

namespace CodexOS.Cli.Screens;

/// <summary>What a command touches of the process it runs in, so that tests can put something else there.</summary>
internal sealed class Terminal
{
    private const int WidthDefault = 80;
    private const int WidthMin = 20;

    /// <summary>Wide enough for any line: what is not a terminal gets its lines whole.</summary>
    public const int WidthUnlimited = 1_000_000;

    public required TextWriter Out { get; init; }

    public required TextWriter Error { get; init; }

    public required TextReader In { get; init; }

    /// <summary>Where bytes go that are not text.</summary>
    public required Func<Stream> OpenRawOut { get; init; }

    /// <summary>Where bytes come from that are not text.</summary>
    public required Func<Stream> OpenRawIn { get; init; }

    public required Func<string, string?> Variable { get; init; }

    public bool OutIsTerminal { get; init; }

    public bool ErrorIsTerminal { get; init; }

    public bool InIsTerminal { get; init; }

    public Func<int> Width { get; init; } = () => WidthDefault;

    /// <summary>Waits for a key; only there when the input is a terminal.</summary>
    public Func<CancellationToken, Task<ConsoleKeyInfo>>? ReadKeyAsync { get; init; }

    public TimeProvider Clock { get; init; } = TimeProvider.System;

    public string Directory { get; init; } = Environment.CurrentDirectory;

    /// <summary>Whether somebody sits there who can answer a question.</summary>
    public bool CanAsk => InIsTerminal && ErrorIsTerminal && ReadKeyAsync is not null;

    public Screen OutScreen => field ??= new Screen(Out, OutIsTerminal && IsColourful, OutIsTerminal, Width);

    public Screen ErrorScreen => field ??= new Screen(Error, ErrorIsTerminal && IsColourful, ErrorIsTerminal, Width);

    private bool IsColourful =>
        string.IsNullOrEmpty(Variable("NO_COLOR")) && Variable("TERM") is not ("dumb" or "" or null);

    public static Terminal OfProcess() => new()
    {
        Out = Console.Out,
        Error = Console.Error,
        In = Console.In,
        OpenRawOut = Console.OpenStandardOutput,
        OpenRawIn = Console.OpenStandardInput,
        Variable = Environment.GetEnvironmentVariable,
        OutIsTerminal = !Console.IsOutputRedirected,
        ErrorIsTerminal = !Console.IsErrorRedirected,
        InIsTerminal = !Console.IsInputRedirected,
        Width = () => Math.Max(WidthMin, Console.WindowWidth),
        ReadKeyAsync = Console.IsInputRedirected ? null : PollKeyAsync,
    };

    /// <summary>Asks for a line. With <paramref name="isSecret"/> nothing of the answer is shown.</summary>
    public async Task<string> AskAsync(string question, bool isSecret, CancellationToken cancellationToken)
    {
        Error.Write(question);
        var answer = new StringBuilder();
        while (true)
        {
            var key = await ReadKeyAsync!(cancellationToken);
            if (key.Key == ConsoleKey.Enter || key.KeyChar is '\n' or '\r') break;
            if (key.Key == ConsoleKey.D && key.Modifiers == ConsoleModifiers.Control && answer.Length == 0) break;
            if (key.Key == ConsoleKey.Backspace)
            {
                if (answer.Length == 0) continue;
                answer.Length--;
                if (!isSecret) Error.Write("\b \b");
            }
            else if (!char.IsControl(key.KeyChar))
            {
                answer.Append(key.KeyChar);
                if (!isSecret) Error.Write(key.KeyChar);
            }
        }

        Error.WriteLine();
        return answer.ToString();
    }

    // Asking for a key that is not there blocks and cannot be stopped; asking whether there is one can.
    private static async Task<ConsoleKeyInfo> PollKeyAsync(CancellationToken cancellationToken)
    {
        while (!Console.KeyAvailable)
            await Task.Delay(TimeSpan.FromMilliseconds(40), TimeProvider.System, cancellationToken);
        return Console.ReadKey(intercept: true);
    }
}
