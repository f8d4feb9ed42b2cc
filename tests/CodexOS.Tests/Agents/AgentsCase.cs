using System.Text.Json;
using CodexOS.Agents.Definitions;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Tests.Tools;
using CodexOS.Tools.Contracts;
using Shouldly;

namespace CodexOS.Tests.Agents;

/// <summary>A reader over a few tools and providers.</summary>
internal static class AgentsCase
{
    private static readonly TenantContext s_tenants = new();

    private static DefinitionReader Reader { get; } = new(
        new FakeCatalogue(), new FakeModels(), new FakeKnowledge(), new FakeSecrets(), s_tenants);

    /// <summary>Reads a definition; the catalogue is at hand, so nothing is awaited.</summary>
    public static Result<AgentDefinition> Read(string text, Caller? author = null)
    {
        using var tenant = s_tenants.Enter(TenantId.New(Clocks.AtNoon()));
        var reading = Reader.ReadAsync(text, author, CancellationToken.None);
        reading.IsCompleted.ShouldBeTrue();
        return reading.GetAwaiter().GetResult();
    }

    internal sealed class FakeCatalogue : IToolCatalogue, IToolSet
    {
        public ValueTask<IToolSet> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult<IToolSet>(this);

        private static readonly string[] s_others =
            ["edit_file", "git_diff", "list_files", "search_files", "shell", "write_file"];

        public IReadOnlyList<ToolContract> All { get; } =
        [
            TestTool.Add.Contract,
            TestTool.Commit.Contract,
            TestTool.Read.Contract,
            TestTool.KnowledgeSearch.Contract,
            .. s_others.Select(static name => new ToolContract(
                name,
                $"Does {name}.",
                JsonElement.Parse("""{ "type": "object", "properties": { "path": { "type": "string" } } }"""),
                EffectClass.Reversible,
                RepeatClass.Unsafe)),
        ];

        public ToolContract? Find(string name) => All.FirstOrDefault(tool => tool.Name == name);
    }

    internal sealed class FakeKnowledge : IKnowledgeBases
    {
        private static readonly HashSet<string> s_known = ["handbook", "salaries"];

        public Task<IReadOnlySet<string>> KnownAsync(
            IReadOnlyCollection<string> names, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlySet<string>>(s_known.Intersect(names).ToHashSet());
    }

    internal sealed class FakeSecrets : ISecretSource
    {
        public ValueTask<bool> HasAsync(string name, TenantId tenant, CancellationToken cancellationToken) =>
            ValueTask.FromResult(name == "github");

        public ValueTask<Result<SecretHeader>> ReadAsync(
            string name, TenantId tenant, HostName host, bool isEncrypted, CancellationToken cancellationToken) =>
            ValueTask.FromResult<Result<SecretHeader>>(EgressFaults.SecretUnavailable(name, "this is a test"));
    }

    internal sealed class FakeModels : IModels
    {
        public IReadOnlyList<ModelProvider> Providers { get; } =
        [
            new("scripted", true, false, ""), new("openai", false, true, "Set a key."), new("replay", true, false, ""),
        ];

        public Result<ModelProvider> Check(ModelName name) =>
            Providers.FirstOrDefault(it => it.Name == name.Provider) is { Configured: true } provider
                ? provider
                : new Fault("inference.not_configured", FaultKind.Unavailable, "Set a key.");
    }
}
