using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace CodexOS.IntegrationTests.Agents;

/// <summary>A tool that does nothing but say that it was called.</summary>
internal sealed class NoteTool(string name, bool asks = false) : ITool
{
    public static readonly ImmutableArray<string> Names =
        ["list_files", "read_file", "search_files", "write_file", "edit_file", "shell", "git_diff", "git_commit"];

    public ConcurrentQueue<ToolCall> Calls { get; } = new();

    public ToolContract Contract { get; } = new(
        name,
        $"Notes {name}.",
        JsonElement.Parse("""{ "type": "object", "properties": { "note": { "type": "string" } } }"""),
        asks ? EffectClass.Irreversible : EffectClass.Reversible,
        RepeatClass.Keyed)
    {
        NeedsWorkspace = true,
        AsksByDefault = asks,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        Calls.Enqueue(call);
        return Task.FromResult<Result<ToolResult>>(new ToolResult("noted", false, call.Arguments));
    }

    public Task<ApprovalPreview?> PreviewAsync(ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ApprovalPreview?>(new ApprovalPreview("diff", "+ a line"));
}

/// <summary>A model whose answers the test gives, in order of the turns.</summary>
internal sealed class ScriptedChat : IEffectHandler
{
    public List<ModelReply> Answers { get; } = [];

    public ConcurrentQueue<ChatCall> Calls { get; } = new();

    public string Effect => ChatCall.Effect;

    public GateVerdict Judge(EffectCall call) => new GateVerdict.Allow(RepeatClass.Keyed);

    public Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        var chat = (ChatCall)call.Prepared!;
        Calls.Enqueue(chat);
        var turn = chat.Messages.Count(static message => message.Role == Microsoft.Extensions.AI.ChatRole.Assistant);
        return Task.FromResult<Result<EffectOutput>>(new EffectOutput(
            JsonSerializer.SerializeToElement(Answers[turn], Json.Options), new EffectUsage(10, 5, 7)));
    }

    public void Wants(string tool, string arguments) => Answers.Add(new ModelReply(
        "", [new ModelToolCall($"c{Answers.Count}", tool, JsonElement.Parse(arguments))], "tool_calls", "x", false));

    public void Asks(params (string Tool, string Note)[] calls) => Answers.Add(new ModelReply(
        "",
        [.. calls.Select((call, i) => new ModelToolCall(
            $"c{Answers.Count}-{i}", call.Tool, JsonSerializer.SerializeToElement(new { note = call.Note })))],
        "tool_calls",
        "x",
        false));

    public void Says(string text) => Answers.Add(new ModelReply(text, [], "stop", "x", false));
}

/// <summary>Puts models of the test in the place of real ones.</summary>
internal static class TestModels
{
    public static void UseChat(this IServiceCollection services, ScriptedChat chat)
    {
        services.Remove(services.Single(static it => it.ImplementationType?.Name == "ChatEffectHandler"));
        services.AddSingleton<IEffectHandler>(chat);
        services.Replace(ServiceDescriptor.Singleton<IModels>(new TwoModels()));
    }
}

/// <summary>One provider that works and one that has no key.</summary>
internal sealed class TwoModels : IModels
{
    public IReadOnlyList<ModelProvider> Providers { get; } =
        [new("scripted", true, false, ""), new("openai", false, true, "Set a key.")];

    public Result<ModelProvider> Check(ModelName name) =>
        Providers.FirstOrDefault(it => it.Name == name.Provider) is { Configured: true } provider
            ? provider
            : new Fault("inference.not_configured", FaultKind.Unavailable, "Set a key.");
}

/// <summary>Workspaces that exist when the test says so.</summary>
internal sealed class SomeWorkspaces : IWorkspaces
{
    public WorkspaceId Known { get; } = WorkspaceId.New(TimeProvider.System);

    public Task<Result<WorkspaceId>> ResolveAsync(
        TenantId tenant, WorkspaceChoice choice, CancellationToken cancellationToken) => Task.FromResult(choice switch
        {
            WorkspaceChoice.Existing { Id: var id } when id == Known => (Result<WorkspaceId>)Known,
            WorkspaceChoice.Sample { Name: "calc" } => Known,
            _ => new Fault("sandbox.workspace_not_found", FaultKind.NotFound, "There is no such workspace."),
        });
}
