using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;
using YamlDotNet.Core;
using YamlDotNet.Core.Events;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// Reads a document from JSON or YAML. Aliases are written out and counted each time, so that a small text cannot become a
/// large document; tags, which name types, are refused.
/// </summary>
internal static class ApiText
{
    private const int DepthMax = 60;

    /// <summary>The document as JSON, or <c>openapi.malformed</c>.</summary>
    public static Result<JsonElement> Read(string text, ConnectionOptions limits)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(text) > limits.DocumentBytesMax)
            return Bad($"it has more than {limits.DocumentBytesMax} bytes (Tools:Connections:DocumentBytesMax)");
        try
        {
            if (text.AsSpan().TrimStart() is ['{', ..])
                return JsonReading.Parse(System.Text.Encoding.UTF8.GetBytes(text)) ?? throw new Refusal("it is not JSON that can be read");
            var parser = new Parser(new StringReader(text));
            var root = new Reader(parser, limits.DocumentNodesMax).Document();
            return JsonSerializer.SerializeToElement(root);
        }
        catch (Refusal refusal)
        {
            return Bad(refusal.Message);
        }
        catch (YamlException error)
        {
            return Bad($"it is not YAML that can be read, at line {error.Start.Line}: {PlainText.Line(error.InnerException?.Message ?? error.Message, 200)}");
        }
        catch (Exception error) when (
            error is InvalidOperationException or ArgumentException or IndexOutOfRangeException or OverflowException)
        {
            // The parser meets some malformed texts with exceptions of its own insides.
            return Bad("it is not YAML that can be read; look for an unclosed bracket or quote");
        }
    }

    public static Fault Bad(string why) => new("openapi.malformed", FaultKind.Invalid, $"The document cannot be used: {why}.");

    private sealed class Reader(Parser parser, int nodesMax)
    {
        private readonly Dictionary<string, (JsonNode? Node, int Size)> _anchors = new(StringComparer.Ordinal);
        private int _nodes;

        public JsonNode? Document()
        {
            parser.Consume<StreamStart>();
            if (parser.Accept<StreamEnd>(out _)) throw new Refusal("it is empty");
            parser.Consume<DocumentStart>();
            var root = Node(0);
            parser.Consume<DocumentEnd>();
            if (!parser.Accept<StreamEnd>(out _)) throw new Refusal("it holds several documents");
            return root;
        }

        private JsonNode? Node(int depth)
        {
            if (depth > DepthMax) throw new Refusal($"it is nested more than {DepthMax} deep");
            var current = parser.Consume<ParsingEvent>();
            if (current is AnchorAlias alias)
            {
                if (!_anchors.TryGetValue(alias.Value.Value, out var known)) throw new Refusal("an alias in it names nothing before it");
                Count(known.Size);
                return known.Node?.DeepClone();
            }

            if (current is NodeEvent { Tag: { IsEmpty: false, IsNonSpecific: false } }) throw new Refusal("it holds a tag (!name)");
            var anchor = current is NodeEvent { Anchor: { IsEmpty: false } named } ? named.Value : null;
            var before = _nodes;
            Count(1);
            JsonNode? node = current switch
            {
                Scalar scalar => Of(scalar),
                SequenceStart => List(depth),
                MappingStart => Map(depth),
                _ => throw new Refusal($"a value is expected at line {current.Start.Line}"),
            };
            if (anchor is not null) _anchors[anchor] = (node, _nodes - before);
            return node;
        }

        private JsonArray List(int depth)
        {
            var list = new JsonArray();
            while (!parser.Accept<SequenceEnd>(out _)) list.Add(Node(depth + 1));
            parser.MoveNext();
            return list;
        }

        private JsonObject Map(int depth)
        {
            var map = new JsonObject();
            while (!parser.Accept<MappingEnd>(out _))
            {
                var name = parser.Consume<ParsingEvent>() is Scalar { } scalar
                    ? scalar.Value
                    : throw new Refusal($"a name is expected at line {parser.Current?.Start.Line}");
                if (map.ContainsKey(name)) throw new Refusal($"'{PlainText.Line(name, 60)}' is given twice");
                map[name] = Node(depth + 1);
            }

            parser.MoveNext();
            return map;
        }

        private void Count(int nodes)
        {
            _nodes += nodes;
            if (_nodes > nodesMax) throw new Refusal($"it holds more than {nodesMax} values (Tools:Connections:DocumentNodesMax)");
        }

        private static JsonValue? Of(Scalar scalar)
        {
            var text = scalar.Value;
            if (scalar.Style is not ScalarStyle.Plain) return JsonValue.Create(text);
            return text switch
            {
                "" or "null" or "Null" or "NULL" or "~" => null,
                "true" or "True" or "TRUE" => JsonValue.Create(true),
                "false" or "False" or "FALSE" => JsonValue.Create(false),
                _ when long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var whole)
                    && !HasLeadingZero(text) => JsonValue.Create(whole),
                _ when char.IsAsciiDigit(text[^1]) && text[0] is '-' or (>= '0' and <= '9') && !HasLeadingZero(text)
                    && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
                    && double.IsFinite(number) => JsonValue.Create(number),
                _ => JsonValue.Create(text),
            };
        }

        private static bool HasLeadingZero(string text)
        {
            var digits = text.AsSpan().TrimStart('-').TrimStart('+');
            return digits.Length > 1 && digits[0] == '0' && char.IsAsciiDigit(digits[1]);
        }
    }

    /// <summary>Ends the reading; it never leaves this class.</summary>
    private sealed class Refusal(string message) : Exception(message);
}
