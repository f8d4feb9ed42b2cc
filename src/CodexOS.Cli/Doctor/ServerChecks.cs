using System.Runtime.CompilerServices;
using CodexOS.Cli.Verbs;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Doctor;

/// <summary>Whether the server is there, and what it can do.</summary>
internal static class ServerChecks
{
    public static async IAsyncEnumerable<Check> RunAsync(
        CodexOSClient client, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var reached = await TryAsync(
            "server", () => client.CheckLiveAsync(cancellationToken), $"{client.Server} answers");
        if (reached.State != CheckState.Ok)
        {
            yield return reached with { Fix = "codexos serve, or name another server with --url" };
            yield break;
        }

        yield return reached;
        yield return await TryAsync("ready", () => client.CheckReadyAsync(cancellationToken), "it can take work");
        SetupState? setup = null;
        var version = await TryAsync(
            "version", async () => setup = await client.GetSetupAsync(cancellationToken), VersionVerb.Own);
        yield return setup is not null && setup.Version != VersionVerb.Own
            ? new Check(
                "version",
                CheckState.Warn,
                $"the server has {setup.Version}, this command {VersionVerb.Own}",
                "Use the same version on both sides")
            : version;
        if (setup is { Needed: true })
        {
            yield return new Check(
                "sign-in",
                CheckState.Warn,
                "the server has no administrator yet",
                "codexos login --setup-link LINK, with the link from the server's log");
            yield break;
        }

        SystemState? system = null;
        var signedIn = await TryAsync(
            "sign-in", async () => system = await client.GetSystemAsync(cancellationToken), "signed in");
        if (system is null)
        {
            yield return signedIn with { State = CheckState.Warn, Fix = $"codexos login --url {client.Server}" };
            yield break;
        }

        yield return signedIn;
        yield return new Check("database", CheckState.Ok, system.Database);
        yield return system.Sandbox.Available
            ? new Check("sandbox", CheckState.Ok, system.Sandbox.Level ?? "available")
            : new Check(
                "sandbox",
                CheckState.Warn,
                $"not available on the server: {system.Sandbox.Reason}",
                "Install bubblewrap on the server's machine and start it again");
        yield return Models(system.Models);
    }

    private static Check Models(IReadOnlyList<ModelProviderState> models)
    {
        var real = models.Where(model => model is { Configured: true, IsReal: true })
            .Select(model => model.Provider)
            .ToList();
        return real.Count > 0
            ? new Check("models", CheckState.Ok, string.Join(", ", real))
            : new Check(
                "models",
                CheckState.Warn,
                "only scripted and replayed models are configured",
                "Configure a provider's address and key; see docs/operate/configuration.md");
    }

    private static async Task<Check> TryAsync(string name, Func<Task> act, string whenOk)
    {
        try
        {
            await act();
            return new Check(name, CheckState.Ok, whenOk);
        }
        catch (CodexOSException e)
        {
            return new Check(name, CheckState.Fail, $"{e.Message} ({e.Code})");
        }
    }
}
