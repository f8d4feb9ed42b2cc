using System.CommandLine;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli;

/// <summary>Says what went wrong: <c>error: message (code)</c>, the details, and what to do.</summary>
internal static class Errors
{
    private const int BrokenPipe = 32;
    private const int NoSpace = 28;

    /// <summary>Shows an exception and returns the exit code it stands for.</summary>
    public static int Show(
        Terminal terminal, Exception exception, Uri? server, CancellationToken cancellationToken)
    {
        switch (exception)
        {
            case OperationCanceledException when cancellationToken.IsCancellationRequested:
                return Application.Interrupted;
            case IOException { HResult: BrokenPipe }:
                // Whoever read the output has read enough, as "head" does.
                return 0;
            case CodexOSException failure:
                Show(terminal.ErrorScreen, failure, server);
                return failure.Kind.ExitCode();
            case IOException { HResult: NoSpace }:
                terminal.ErrorScreen.Line("error: There is no space left on the disk. (cli.disk_full)", Tone.Bad);
                return FaultKind.StorageFull.ExitCode();
            case UnauthorizedAccessException:
                terminal.ErrorScreen.Line(
                    $"error: {PlainText.LineOf(exception.Message)} (cli.file_not_allowed)", Tone.Bad);
                return FaultKind.NotAllowed.ExitCode();
            default:
                terminal.ErrorScreen.Line("error: This is a bug in codexos. (cli.bug)", Tone.Bad);
                terminal.Error.WriteLine(exception);
                return FaultKind.Internal.ExitCode();
        }
    }

    /// <summary>Shows a failure without ending anything.</summary>
    public static void Show(Screen screen, CodexOSException failure, Uri? server)
    {
        screen.Line($"error: {PlainText.Of(failure.Message)} ({PlainText.LineOf(failure.Code)})", Tone.Bad);
        foreach (var (path, messages) in failure.Errors)
        {
            foreach (var message in messages) screen.Line($"  {PlainText.LineOf(path)}: {PlainText.LineOf(message)}");
        }

        if (HintFor(failure, server) is { } hint) screen.Line($"hint: {hint}", Tone.Dim);
    }

    public static void ShowUsage(Terminal terminal, ParseResult parsed)
    {
        var screen = terminal.ErrorScreen;
        foreach (var message in parsed.Errors.Select(error => error.Message).Distinct(StringComparer.Ordinal))
            screen.Line($"error: {PlainText.LineOf(message)} (cli.usage)", Tone.Bad);

        var command = parsed.CommandResult.Command;
        var name = NameOf(command);
        var similar = parsed.UnmatchedTokens
            .SelectMany(token => command.Subcommands.Select(each => each.Name).Where(each => IsNear(token, each)))
            .FirstOrDefault();
        screen.Line(
            similar is null ? $"hint: {name} --help" : $"hint: Did you mean \"{name} {similar}\"? See {name} --help",
            Tone.Dim);
    }

    /// <summary>What is typed for a command, with all that it stands below.</summary>
    private static string NameOf(Command command) => command is RootCommand
        ? "codexos"
        : $"{NameOf(command.Parents.OfType<Command>().First())} {command.Name}";

    private static string? HintFor(CodexOSException failure, Uri? server) => failure switch
    {
        { Kind: FaultKind.NotSignedIn, Code: not "identity.bad_credentials" } => $"codexos login --url {server}",
        { Code: "client.unreachable" or "client.unknown_host" } =>
            "Start the server with \"codexos serve\", or name another one with --url or CODEXOS_URL.",
        { RetryAfter: { } wait } => $"Try again in {Format.Duration(wait)}.",
        { TraceId: { } trace, Kind: FaultKind.Internal } =>
            $"Look for trace {PlainText.LineOf(trace)} in the server's log.",
        _ => null,
    };

    // One letter too many, too few, wrong or swapped.
    private static bool IsNear(string typed, string name)
    {
        if (typed.Length < 2 || Math.Abs(typed.Length - name.Length) > 1) return false;
        var from = 0;
        while (from < Math.Min(typed.Length, name.Length) && typed[from] == name[from]) from++;
        var (a, b) = (typed[from..], name[from..]);
        return a == b
            || (a.Length > 0 && a[1..] == b)
            || (b.Length > 0 && a == b[1..])
            || (a.Length > 0 && b.Length > 0 && a[1..] == b[1..])
            || (a.Length > 1 && b.Length > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]);
    }
}
