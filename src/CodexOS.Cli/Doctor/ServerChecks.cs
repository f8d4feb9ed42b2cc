using System.Runtime.CompilerServices;
using CodexOS.Cli.Screens;
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
        if (system.Isolation is { } isolation) yield return Isolation(isolation);
        foreach (var check in SandboxChecks.Of(system.Sandbox)) yield return check;
        yield return Models(system.Models);
        if (system.KnowledgeStores is { Count: > 0 } stores) yield return Stores(stores);
        yield return await NodesAsync(client, cancellationToken);
    }

    private static Check Isolation(TenantIsolation isolation) => isolation.Unprotected.Count == 0
        ? new Check("tenants", CheckState.Ok, isolation.Note)
        : new Check(
            "tenants",
            CheckState.Fail,
            $"row-level security is not in force on {string.Join(", ", isolation.Unprotected)}",
            "Restart a server that has Database:MigrationsConnectionString; see docs/operate/postgresql.md");

    private static async Task<Check> NodesAsync(CodexOSClient client, CancellationToken cancellationToken)
    {
        IReadOnlyList<ClusterNode> nodes;
        try
        {
            nodes = await client.ListNodesAsync(cancellationToken);
        }
        catch (CodexOSException e)
        {
            return new Check("nodes", CheckState.Warn, $"{e.Message} ({e.Code})", "Use the server's own version");
        }

        var there = nodes.Where(node => node.State is not ClusterNodeState.Dead).ToList();
        var drives = there.Exists(node =>
            node.State is ClusterNodeState.Active && node.Roles.Split(',').Any(role => role is "all" or "worker"));
        var count = Format.Plural(there.Count, "node");
        if (!drives)
        {
            return new Check(
                "nodes", CheckState.Fail, $"{count}, none of which drives runs", "codexos serve --role worker");
        }

        if (there.Select(node => node.Version).Distinct(StringComparer.Ordinal).Count() > 1)
        {
            return new Check(
                "nodes", CheckState.Warn, $"{count} of different versions", "Finish the upgrade: stop and start the older ones");
        }

        return there.Count == nodes.Count
            ? new Check("nodes", CheckState.Ok, count)
            : new Check(
                "nodes",
                CheckState.Warn,
                $"{count}; {nodes.Count - there.Count} ended without leaving within the last hour",
                "codexos nodes shows which; look at its log");
    }

    private static Check Models(IReadOnlyList<ModelProviderState> models)
    {
        var real = models.Where(model => model is { Configured: true, IsReal: true, Chats: true })
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

    private static Check Stores(IReadOnlyList<KnowledgeStoreState> stores)
    {
        var lost = stores.Where(static store => !store.IsReachable).Select(static store => $"{store.Name} ({store.Kind})").ToList();
        return lost.Count == 0
            ? new Check("stores", CheckState.Ok, string.Join(", ", stores.Select(static store => store.Name)))
            : new Check(
                "stores",
                CheckState.Fail,
                $"the server cannot reach {string.Join(", ", lost)}; bases there are searched by words alone",
                "Start it, or correct it under Knowledge:Stores");
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
