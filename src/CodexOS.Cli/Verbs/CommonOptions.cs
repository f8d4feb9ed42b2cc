using System.CommandLine;

namespace CodexOS.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json(string description = "Print one JSON document") =>
        new("--json") { Description = description };

    public static Argument<string> Run() => new("RUN")
    {
        Description = "The run's id, the beginning of it, or \"last\"",
    };
}
