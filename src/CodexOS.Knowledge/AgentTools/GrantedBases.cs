using System.Text.Json;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.AgentTools;

/// <summary>
/// What the tools of agents have in common. A run reads the bases that its grant lists and no other; of documents that have
/// readers only those that whoever started the run may read, whatever else they may do.
/// </summary>
internal sealed class GrantedBases(BaseStore bases)
{
    /// <summary>The contract of a tool that reads knowledge bases.</summary>
    public static ToolContract Contract(string name, string description, string schema)
    {
        using var parsed = JsonDocument.Parse(schema);
        return new ToolContract(name, description, parsed.RootElement.Clone(), EffectClass.Read, RepeatClass.Read)
        {
            NeedsKnowledge = true,
            // Nobody vouches for what files say. Results are labelled by the documents that they are made of.
            Source = Integrity.Tool,
            TimeMax = TimeSpan.FromSeconds(30),
        };
    }

    /// <summary>The base that a call names, or the only one that the run has.</summary>
    public async Task<Result<BaseRow>> FindAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var name = Text(call, "base");
        if (name is null && call.Knowledge.Length > 1) return SayWhich(call);
        name ??= call.Knowledge[0];
        // A base that is not granted is not said to be there.
        return call.Knowledge.Contains(name, StringComparer.Ordinal)
            ? await bases.FindAsync(name, cancellationToken)
            : NotGranted(name, call);
    }

    /// <summary>On whose behalf the run reads.</summary>
    public static UserId ReaderOf(ToolCall call) => call.Step?.By ?? default;

    public static ToolResult Answer<TData>(string text, TData data, Label? label = null, bool truncated = false) =>
        new(text, IsError: false, JsonSerializer.SerializeToElement(data, Json.Options)) { Label = label, Truncated = truncated };

    /// <summary>A failure that the model can learn from, as an answer; others stay faults.</summary>
    public static Result<ToolResult> Explain(Fault fault) => fault.Kind is FaultKind.Unavailable or FaultKind.Internal
        ? fault
        : new ToolResult(
            fault.Message, IsError: true, JsonSerializer.SerializeToElement(new { code = fault.Code }, Json.Options));

    public static string? Text(ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) ? value.GetString() : null;

    public static int? Number(ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) ? (int)value.GetDouble() : null;

    private static Fault SayWhich(ToolCall call) => new(
        "knowledge.which_base", FaultKind.Invalid,
        $"Say which knowledge base with 'base'. This run may read {string.Join(", ", call.Knowledge)}.");

    private static Fault NotGranted(string name, ToolCall call) => new(
        "knowledge.not_granted", FaultKind.NotAllowed,
        $"This run may not read a knowledge base '{name}'. It may read {string.Join(", ", call.Knowledge)}.");
}
