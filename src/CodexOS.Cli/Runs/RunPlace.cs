using System.Globalization;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>A run and one of its events, as people write it: <c>RUN@SEQ</c>, or <c>RUN</c> for the newest.</summary>
internal sealed record RunPlace(string Run, long? Seq)
{
    /// <exception cref="CodexOSException">What follows the @ is not the place of an event.</exception>
    public static RunPlace Parse(string text)
    {
        var at = text.LastIndexOf('@');
        if (at < 0) return new RunPlace(text, null);
        if (long.TryParse(text.AsSpan(at + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var seq))
            return new RunPlace(text[..at], seq);
        throw new CodexOSException(
            "cli.bad_place", FaultKind.Invalid, $"'{text}' is not a run with an event, like run_0198c0ffee12@14.");
    }

    public async Task<RunStateView> StateAsync(CodexOSClient client, CancellationToken cancellationToken)
    {
        var run = await RunLookup.FindAsync(client, Run, cancellationToken);
        return await client.GetRunStateAsync(run.Id, Seq, cancellationToken);
    }
}
