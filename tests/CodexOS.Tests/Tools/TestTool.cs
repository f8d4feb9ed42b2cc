using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tests.Tools;

/// <summary>A tool whose contract and behaviour the test chooses; it counts its calls.</summary>
internal sealed class TestTool(string name, string inputSchema) : ITool
{
    public EffectClass Effect { get; init; } = EffectClass.Reversible;

    public RepeatClass Repeat { get; init; } = RepeatClass.Unsafe;

    public string? Description { get; init; }

    public bool IsPinned { get; init; }

    public bool NeedsWorkspace { get; init; }

    public bool NeedsKnowledge { get; init; }

    public bool AsksByDefault { get; init; }

    public TimeSpan TimeMax { get; init; } = TimeSpan.FromMinutes(2);

    public int TextLengthMax { get; init; } = 60_000;

    public Func<ToolCall, CancellationToken, Task<Result<ToolResult>>> Does { get; init; } = static (_, _) =>
        Task.FromResult<Result<ToolResult>>(new ToolResult("done", false, JsonElement.Parse("{}")));

    public List<ToolCall> Calls { get; } = [];

    public ToolContract Contract => new(name, Description ?? $"Does {name}.", JsonElement.Parse(inputSchema), Effect, Repeat)
    {
        IsPinned = IsPinned,
        NeedsWorkspace = NeedsWorkspace,
        NeedsKnowledge = NeedsKnowledge,
        AsksByDefault = AsksByDefault,
        TimeMax = TimeMax,
        TextLengthMax = TextLengthMax,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        Calls.Add(call);
        return Does(call, cancellationToken);
    }

    public Task<ApprovalPreview?> PreviewAsync(ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult<ApprovalPreview?>(new ApprovalPreview("diff", "+ one line"));

    public static TestTool Read { get; } = new(
        "read_file",
        """
        { "type": "object", "required": ["path"],
          "properties": {
            "path": { "type": "string", "maxLength": 100 },
            "startLine": { "type": "integer", "minimum": 1 } } }
        """)
    {
        Effect = EffectClass.Read,
        Repeat = RepeatClass.Read,
        NeedsWorkspace = true,
    };

    public static TestTool Commit { get; } = new(
        "git_commit",
        """{ "type": "object", "required": ["message"], "properties": { "message": { "type": "string" } } }""")
    {
        Effect = EffectClass.Irreversible,
        NeedsWorkspace = true,
        AsksByDefault = true,
    };

    public static TestTool KnowledgeSearch { get; } = new("knowledge_search", """{ "type": "object", "properties": {} }""")
    {
        NeedsKnowledge = true,
    };

    public static TestTool Add { get; } = new(
        "add",
        """
        { "type": "object", "properties": {
          "numbers": { "type": "array", "items": { "type": "number" }, "maxItems": 3 },
          "options": { "type": "object", "properties": { "round": { "type": "boolean" } } } } }
        """);
}
