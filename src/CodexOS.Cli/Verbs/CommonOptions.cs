using System.CommandLine;
using System.Globalization;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>Options that several verbs have.</summary>
internal static class CommonOptions
{
    public static Option<bool> Json(string description = "Print one JSON document") =>
        new("--json") { Description = description };

    public static Option<string?> Code() => new("--code")
    {
        Description = "The code of your authenticator, or a recovery code",
        HelpName = "CODE",
    };

    /// <summary>The state that two switches ask for, or null if neither is given.</summary>
    public static string? StateOf(bool disable, bool enable) => (disable, enable) switch
    {
        (false, false) => null,
        (true, false) => "disabled",
        (false, true) => "active",
        (true, true) => throw new CodexOSException(
            "cli.disable_and_enable", FaultKind.Invalid, "Give one of --disable and --enable."),
    };

    public static Option<string?> InProject() => new("--project")
    {
        Description = "The project to make it in; codexos projects list shows yours",
        HelpName = "NAME",
    };

    public static Argument<string> Run() => new("RUN")
    {
        Description = "The run's id, the beginning of it, or \"last\"",
    };

    public static Argument<long> Seq(string description)
    {
        var seq = new Argument<long>("SEQ") { Description = description };
        seq.Validators.Add(result =>
        {
            var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
            if (!int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _))
                result.AddError($"'{text}' is not the place of an event: a number from 0.");
        });
        return seq;
    }

    public static Option<int> Limit(int usual, int most)
    {
        var limit = new Option<int>("--limit", "-n")
        {
            Description = "How many at most",
            HelpName = "N",
            DefaultValueFactory = _ => usual,
        };
        limit.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && (!int.TryParse(result.Tokens[0].Value, out var count) || count < 1 || count > most))
            {
                result.AddError($"--limit is a number from 1 to {most}.");
            }
        });
        return limit;
    }
}
