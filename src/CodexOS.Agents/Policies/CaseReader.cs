using System.Text.Json;
using CodexOS.Agents.Definitions;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Policies;

/// <summary>Calls that were written down, and the policy that stands with them.</summary>
internal sealed record CaseFile(Policy? Policy, IReadOnlyList<PolicyCase> Cases);

/// <summary>A call, what was read before it, and what is expected.</summary>
internal sealed record PolicyCase(
    string Name,
    string Tool,
    JsonElement Arguments,
    IReadOnlyList<LabelledValue> Values,
    int CallsBefore,
    string? Expected,
    string? Rule);

/// <summary>Reads a file of cases.</summary>
internal static class CaseReader
{
    private const int CasesMax = 500;
    private const int ValuesMax = 200;

    private static readonly IReadOnlyList<Field> s_file =
    [
        new("policy", FieldType.Policy, "The policy to try; the tenant's if it is left out."),
        new("cases", FieldType.Texts, "The calls.") { Required = true },
    ];

    private static readonly IReadOnlyList<Field> s_case =
    [
        new("name", FieldType.Text, "What the case shows."),
        new("tool", FieldType.Text, "The tool that is called.") { Required = true },
        new("arguments", FieldType.Text, "Its arguments."),
        new("after", FieldType.Texts, "What was read before, oldest first."),
        new("calls_before", FieldType.WholeNumber, "How many calls of the tool were made before.") { Maximum = 10_000 },
        new("expect", FieldType.Text, "What the gate is to say.") { OneOf = ["allow", "ask", "refuse"] },
        new("rule", FieldType.Text, "The code of the rule that is to decide."),
    ];

    private static readonly IReadOnlyList<Field> s_value =
    [
        new("source", FieldType.Text, "Where it comes from.") { Required = true, OneOf = ["user", "tenant", "tool", "web"] },
        new("text", FieldType.Text, "What it says.") { LengthMax = 100_000 },
        new("step", FieldType.Text, "What gave it, for explanations."),
        new("readers", FieldType.Texts, "Who may read it: everyone, tenant, owner, or addresses.") { CountMax = 64 },
        new("closed", FieldType.Flag, "Whether it is a choice, a yes or no, or a number."),
    ];

    public static Result<CaseFile> Read(string text, IToolSet tools)
    {
        if (!YamlTree.Read(text).TryGet(out var root, out var malformed)) return malformed;
        var errors = new DefinitionErrors();
        var cases = new List<PolicyCase>();
        Policy? policy = null;
        if (root is not YamlPiece.Map map)
        {
            errors.Add("$", root, "A field 'cases:' with a list of calls is expected.");
        }
        else
        {
            var fields = new FieldSet(map, "", s_file, errors);
            if (fields.Piece("policy") is { } given) policy = new PolicyReader(tools, errors).Read("policy", given);
            if (fields.Piece("cases") is YamlPiece.List { Items.Count: <= CasesMax } list)
            {
                for (var i = 0; i < list.Items.Count; i++)
                {
                    if (ReadOne($"cases[{i}]", i, list.Items[i], tools, errors) is { } one) cases.Add(one);
                }
            }
            else if (fields.Piece("cases") is { } wrong)
            {
                errors.Add("cases", wrong, $"A list of at most {CasesMax} calls is expected.");
            }
        }

        return errors.Any ? errors.ToFault("agents.invalid_cases") : new CaseFile(policy, cases);
    }

    private static PolicyCase? ReadOne(string path, int index, YamlPiece piece, IToolSet tools, DefinitionErrors errors)
    {
        if (piece is not YamlPiece.Map map)
        {
            errors.Add(path, piece, "Fields such as 'tool: send_mail' are expected.");
            return null;
        }

        var fields = new FieldSet(map, $"{path}.", s_case, errors);
        var tool = fields.Text("tool");
        if (tool.Length > 0 && tools.Find(tool) is null)
        {
            errors.AddUnknownTool($"{path}.tool", fields.Piece("tool")!,
                $"There is no tool '{tool}'.{Nearest.Question(tool, tools.All.Select(static it => it.Name))}");
        }

        return new PolicyCase(
            fields.TextOr("name", $"case {index + 1}"),
            tool,
            JsonSerializer.SerializeToElement(
                fields.Piece("arguments") is { } given ? YamlValues.ValueOf(given) : new System.Text.Json.Nodes.JsonObject()),
            ValuesOf($"{path}.after", fields.Piece("after"), errors),
            (int)(fields.WholeNumber("calls_before") ?? 0),
            fields.Piece("expect") is null ? null : fields.Text("expect"),
            fields.Piece("rule") is null ? null : fields.Text("rule"));
    }

    private static List<LabelledValue> ValuesOf(string path, YamlPiece? piece, DefinitionErrors errors)
    {
        var values = new List<LabelledValue>();
        if (piece is null) return values;
        if (piece is not YamlPiece.List { Items.Count: <= ValuesMax } list)
        {
            errors.Add(path, piece, $"A list of at most {ValuesMax} values is expected.");
            return values;
        }

        for (var i = 0; i < list.Items.Count; i++)
        {
            if (list.Items[i] is not YamlPiece.Map map)
            {
                errors.Add($"{path}[{i}]", list.Items[i], "Fields such as 'source: web' are expected.");
                continue;
            }

            var fields = new FieldSet(map, $"{path}[{i}].", s_value, errors);
            var source = Enum.TryParse<Integrity>(fields.Text("source"), true, out var integrity) ? integrity : Integrity.Web;
            var readers = fields.Texts("readers");
            values.Add(new LabelledValue(
                fields.TextOr("step", $"value {i + 1}"),
                fields.TextOr("text", ""),
                new Label(source, readers.IsEmpty ? Readers.Everyone : Readers.Of(readers))
                {
                    IsClosed = fields.Flag("closed") ?? false,
                }));
        }

        return values;
    }
}
