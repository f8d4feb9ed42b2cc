using System.Collections.Immutable;
using CodexOS.Agents;
using CodexOS.Identity;
using CodexOS.Inference;
using CodexOS.Knowledge;
using CodexOS.Platform.Modules;
using CodexOS.Privacy;
using CodexOS.Runs;
using CodexOS.Sandbox;
using CodexOS.Tools;
using CodexOS.Trust;

namespace CodexOS.Host;

/// <summary>Roles as data: a role is a list of modules, and a process plays one or more of them.</summary>
internal static class Roles
{
    /// <summary>Every module, in the order in which they stand on each other.</summary>
    public static ImmutableArray<IModule> Modules { get; } =
    [
        new TrustModule(),
        new IdentityModule(),
        new RunsModule(),
        new InferenceModule(),
        new ToolsModule(),
        new SandboxModule(),
        new KnowledgeModule(),
        new AgentsModule(),
        new PrivacyModule(),
    ];

    private static readonly ImmutableSortedDictionary<string, ImmutableArray<IModule>> s_table =
        ImmutableSortedDictionary<string, ImmutableArray<IModule>>.Empty
            .Add("all", Modules)
            .Add("api", Modules)
            .Add("worker", Modules);

    /// <summary>The modules of some roles, each once, and what the process does with them.</summary>
    /// <exception cref="StartRefusedException">A role does not exist.</exception>
    public static (ImmutableArray<IModule> Modules, ProcessRoles Roles) Of(string roles)
    {
        var names = roles.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        foreach (var name in names)
        {
            if (!s_table.ContainsKey(name))
                throw new StartRefusedException($"There is no role '{name}'. The roles are: {string.Join(", ", s_table.Keys)}.");
        }

        if (names.Length == 0)
            throw new StartRefusedException($"Name at least one role of: {string.Join(", ", s_table.Keys)}.");
        var wanted = names.SelectMany(name => s_table[name]).ToHashSet();
        var does = new ProcessRoles(
            string.Join(',', names),
            OffersApi: names.Any(name => name is "all" or "api"),
            DrivesRuns: names.Any(name => name is "all" or "worker"));
        return ([.. Modules.Where(wanted.Contains)], does);
    }
}
