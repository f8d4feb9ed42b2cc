using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Doctor;

/// <summary>What isolation the server's machine gives, and how to get more.</summary>
internal static class SandboxChecks
{
    private const string LayersFix = "Everything works with copies; \"Steps\" in docs/operate/isolation.md says what they cost";

    public static IEnumerable<Check> Of(SandboxState sandbox)
    {
        if (sandbox.Available)
        {
            yield return sandbox.Level is "full" or null
                ? new Check("sandbox", CheckState.Ok, sandbox.Level ?? "available")
                : new Check("sandbox", CheckState.Warn, $"{sandbox.Level}: {sandbox.Reason}", "See docs/operate/isolation.md");
        }
        else
        {
            yield return new Check(
                "sandbox",
                CheckState.Warn,
                $"not available on the server: {sandbox.Reason}",
                "Install what is missing on the server's machine; it is looked for again every half minute");
        }

        foreach (var guard in sandbox.Guards ?? [])
            yield return new Check("  guard", guard.Stands ? CheckState.Ok : CheckState.Warn, $"{guard.Name}: {guard.Note}");
        foreach (var driver in sandbox.Drivers ?? [])
        {
            var isMissed = driver is { InUse: true, Installed: false };
            yield return new Check("  driver", isMissed ? CheckState.Warn : CheckState.Ok, $"{driver.Name}: {driver.Note}");
        }

        if (sandbox is { Available: true, Layers: { } layers })
            yield return new Check("  layers", layers.Work ? CheckState.Ok : CheckState.Warn, layers.Note, layers.Work ? null : LayersFix);
        if (sandbox.Languages is not { Count: > 0 } languages) yield break;
        var usable = languages.Where(language => language.Usable).Select(language => $"{language.Name} ({language.Version})");
        var missing = languages.Where(language => !language.Usable).Select(language => language.Name).ToList();
        var note = missing.Count == 0 ? "" : $"; not there: {string.Join(", ", missing)}";
        yield return new Check("  languages", CheckState.Ok, string.Join(", ", usable) + note);
    }
}
