using System.Text;
using System.Text.Json;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using static CodexOS.Tools.Connections.JsonReading;

namespace CodexOS.Tools.Mcp;

/// <summary>What a server gives back, as text for the model: what is not text is named and left out.</summary>
internal static class McpContent
{
    private const int PartsMax = 1_000;
    private const int NameLengthMax = 300;

    /// <summary>The text of a call's result, and its structured part.</summary>
    public static ToolResult OfCall(JsonElement result)
    {
        var text = new StringBuilder();
        var isCut = false;
        if (result.TryGetProperty("content", out var content) && content.ValueKind is JsonValueKind.Array)
        {
            isCut = content.GetArrayLength() > PartsMax;
            foreach (var part in content.EnumerateArray().Take(PartsMax)) Add(text, Words(part));
        }

        var structured = result.TryGetProperty("structuredContent", out var data)
            && data.ValueKind is not (JsonValueKind.Null or JsonValueKind.Undefined) ? data.Clone() : default;
        if (text.Length == 0 && structured.ValueKind is not JsonValueKind.Undefined) text.Append(structured.GetRawText());
        if (text.Length == 0) text.Append("(The tool gave nothing back.)");
        var isError = result.TryGetProperty("isError", out var flag) && flag.ValueKind is JsonValueKind.True;
        return new ToolResult(text.ToString(), isError, structured) { Truncated = isCut };
    }

    /// <summary>The text of a resource that was read.</summary>
    public static ToolResult OfResource(JsonElement result)
    {
        var text = new StringBuilder();
        if (result.TryGetProperty("contents", out var contents) && contents.ValueKind is JsonValueKind.Array)
        {
            foreach (var part in contents.EnumerateArray().Take(PartsMax)) Add(text, Resource(part));
        }

        return new ToolResult(text.Length == 0 ? "(The resource is empty.)" : text.ToString(), false, default);
    }

    /// <summary>The text of a prompt, message by message.</summary>
    public static ToolResult OfPrompt(JsonElement result)
    {
        var text = new StringBuilder();
        if (TextOf(result, "description") is { } description) Add(text, description);
        if (result.TryGetProperty("messages", out var messages) && messages.ValueKind is JsonValueKind.Array)
        {
            foreach (var message in messages.EnumerateArray().Take(PartsMax))
            {
                if (message.ValueKind is not JsonValueKind.Object || !message.TryGetProperty("content", out var content)) continue;
                Add(text, $"{(TextOf(message, "role") == "assistant" ? "assistant" : "user")}: {Words(content)}");
            }
        }

        return new ToolResult(text.Length == 0 ? "(The prompt is empty.)" : text.ToString(), false, default);
    }

    /// <summary>A page of a list, a line for each item.</summary>
    public static ToolResult OfList(JsonElement result, string member, string nameOf)
    {
        var text = new StringBuilder();
        if (result.TryGetProperty(member, out var items) && items.ValueKind is JsonValueKind.Array)
        {
            foreach (var item in items.EnumerateArray().Take(PartsMax))
            {
                var line = $"- {TextOf(item, nameOf)}";
                if (nameOf != "name" && TextOf(item, "name") is { } name) line += $" ({name})";
                if (TextOf(item, "mimeType") is { } type) line += $" [{type}]";
                if (TextOf(item, "description") is { } description) line += $": {PlainText.Line(description, NameLengthMax)}";
                if (item.ValueKind is JsonValueKind.Object && item.TryGetProperty("arguments", out var arguments)
                    && arguments.ValueKind is JsonValueKind.Array)
                {
                    line += $" Arguments: {string.Join(", ", arguments.EnumerateArray().Take(20).Select(static each => TextOf(each, "name")))}.";
                }

                Add(text, line);
            }
        }

        if (text.Length == 0) text.Append("(There are none.)");
        if (TextOf(result, "nextCursor") is { } cursor) Add(text, $"There are more. Call again with the cursor {cursor}");
        return new ToolResult(text.ToString(), false, default);
    }

    private static string Words(JsonElement part) => TextOf(part, "type") switch
    {
        "text" => TextOf(part, "text") ?? "",
        "image" or "audio" => Blob(TextOf(part, "type")!, part, "data"),
        "resource_link" => $"[a resource: {Name(part, "uri")}{(TextOf(part, "name") is { } name ? $" ({PlainText.Line(name, 100)})" : "")}]",
        "resource" when part.TryGetProperty("resource", out var resource) => Resource(resource),
        var other => $"[content of the kind '{PlainText.Line(other ?? "none", 40)}' is left out]",
    };

    private static string Resource(JsonElement resource)
    {
        var head = $"[{Name(resource, "uri")}]";
        if (TextOf(resource, "text") is { } text) return $"{head}\n{text}";
        return $"{head} {Blob("data", resource, "blob")}";
    }

    private static string Blob(string what, JsonElement part, string member)
    {
        var bytes = (TextOf(part, member)?.Length ?? 0) / 4L * 3;
        return $"[{what} of the kind {PlainText.Line(TextOf(part, "mimeType") ?? "unknown", 60)}, about {bytes} bytes, is left out]";
    }

    private static string Name(JsonElement part, string member) => PlainText.Line(TextOf(part, member) ?? "unnamed", NameLengthMax);

    private static void Add(StringBuilder text, string words)
    {
        if (text.Length > 0) text.Append('\n');
        text.Append(words);
    }
}
