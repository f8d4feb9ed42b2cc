using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Http;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Chat;

/// <summary>Puts the pieces of a streamed answer together.</summary>
internal sealed class ReplyReader
{
    private static readonly JsonElement NoArguments = JsonSerializer.SerializeToElement(new { });

    private readonly StringBuilder _text = new();
    private readonly List<FunctionCallContent> _calls = [];
    private readonly UsageDetails _usage = new();
    private string? _finish;
    private string? _model;

    /// <summary>What the provider counted; nothing where it counted nothing.</summary>
    public UsageDetails Usage => _usage;

    /// <summary>Takes one piece and returns the text in it.</summary>
    public string Take(ChatResponseUpdate update)
    {
        var text = update.Text;
        _text.Append(text);
        _calls.AddRange(update.Contents.OfType<FunctionCallContent>());
        foreach (var usage in update.Contents.OfType<UsageContent>())
        {
            _usage.Add(usage.Details);
        }

        _finish = update.FinishReason?.Value ?? _finish;
        _model = update.ModelId ?? _model;
        return text;
    }

    /// <summary>The whole answer.</summary>
    public ModelReply Read(ModelName asked, bool isReal)
    {
        var calls = _calls.Select(Read).ToImmutableArray();
        // Some endpoints say "stop" although they ask for tools; what they ask for is what counts.
        var finish = (_finish ?? "stop", calls.Length > 0) switch
        {
            ("stop", true) => "tool_calls",
            ("tool_calls", false) => "stop",
            var (said, _) => said,
        };
        return new ModelReply(_text.ToString(), calls, finish, _model ?? asked.Model, isReal);
    }

    private static ModelToolCall Read(FunctionCallContent call, int index)
    {
        // An id is needed to hand the result back; some small servers give none.
        var id = string.IsNullOrEmpty(call.CallId) ? $"call_{index + 1}" : call.CallId;
        if (call.AdditionalProperties?.GetValueOrDefault(ChatContents.ArgumentsText) is string text)
        {
            return ReadText(id, call.Name, text);
        }

        return call.Arguments is { } arguments && call.Exception is null
            ? new ModelToolCall(id, call.Name, JsonSerializer.SerializeToElement(arguments, Json.Options))
            : new ModelToolCall(id, call.Name, NoArguments) { Malformed = "" };
    }

    private static ModelToolCall ReadText(string id, string tool, string text)
    {
        // A tool without arguments is called with nothing at all by some models, which is no mistake.
        if (string.IsNullOrWhiteSpace(text))
        {
            return new ModelToolCall(id, tool, NoArguments);
        }

        try
        {
            using var document = JsonDocument.Parse(text);
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ModelToolCall(id, tool, document.RootElement.Clone())
                : new ModelToolCall(id, tool, NoArguments) { Malformed = text };
        }
        catch (JsonException)
        {
            return new ModelToolCall(id, tool, NoArguments) { Malformed = text };
        }
    }
}
