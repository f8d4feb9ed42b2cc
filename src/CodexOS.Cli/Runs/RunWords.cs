using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>What a status is called.</summary>
internal static class RunWords
{
    public static string Of(RunStatus status) => status switch
    {
        RunStatus.InDoubt => "in doubt",
        _ => status.ToString().ToLowerInvariant(),
    };
}
