using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Definitions;

/// <summary>Reads what an agent may do: names of tools, or tools with approval and rules for arguments.</summary>
internal sealed class ToolListReader(IToolSet tools, DefinitionErrors errors)
{
    public ImmutableArray<ToolGrant> Read(YamlPiece? piece)
    {
        if (piece is null) return [];
        if (piece is not YamlPiece.List list)
        {
            errors.Add("tools", piece, "A list is expected, with a line '- read_file' for each tool.");
            return [];
        }

        if (list.Items.Count > DefinitionFields.ToolsMax)
        {
            errors.Add("tools", piece, $"An agent may have at most {DefinitionFields.ToolsMax} tools.");
            return [];
        }

        var grants = ImmutableArray.CreateBuilder<ToolGrant>(list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (ReadOne($"tools[{i}]", list.Items[i]) is not { } grant) continue;
            if (grants.Any(other => other.Name == grant.Name))
                errors.Add($"tools[{i}]", list.Items[i], $"The tool '{grant.Name}' is listed twice.");
            grants.Add(grant);
        }

        return grants.ToImmutable();
    }

    private ToolGrant? ReadOne(string path, YamlPiece piece)
    {
        switch (piece)
        {
            case YamlPiece.Scalar name:
                return Find(path, name, name.Text) is { } plain
                    ? new ToolGrant(plain.Name, ApprovalMode.Default, NoRules) { Pin = PinOf(plain) }
                    : null;
            case YamlPiece.Map map:
                var fields = new FieldSet(map, path + ".", DefinitionFields.Tool, errors);
                var approval = Enum.TryParse<ApprovalMode>(fields.TextOr("approval", "default"), true, out var mode)
                    ? mode
                    : ApprovalMode.Default;
                if (fields.Piece("name") is not YamlPiece.Scalar named) return null;
                if (Find($"{path}.name", named, fields.Text("name")) is not { } tool) return null;
                if (approval is ApprovalMode.Never && tool.Effect is EffectClass.Irreversible)
                {
                    errors.Add(
                        $"{path}.approval",
                        fields.Piece("approval")!,
                        $"What {tool.Name} does cannot be undone, so a person must be asked: use always or default.");
                }

                return new ToolGrant(tool.Name, approval, RulesOf(path, fields.Piece("arguments"), tool))
                {
                    Pin = PinOf(tool),
                };
            default:
                errors.Add(
                    path, piece, "A tool's name is expected, or a tool with 'name:', 'approval:' and 'arguments:'.");
                return null;
        }
    }

    /// <summary>To apply a definition is to accept what others say of their tools, as it is now.</summary>
    private static string? PinOf(ToolContract tool) => tool.IsPinned ? tool.DefinitionHash() : null;

    private ToolContract? Find(string path, YamlPiece at, string name)
    {
        if (name.Length == 0) return null;
        if (tools.Find(name) is { } found) return found;
        var shown = name.Length > 64 ? $"{name[..64]}…" : name;
        errors.AddUnknownTool(
            path,
            at,
            $"There is no tool '{shown}'.{Nearest.Question(name, tools.All.Select(static tool => tool.Name))} "
            + "GET /api/v1/tools lists them all.");
        return null;
    }

    private ImmutableDictionary<string, JsonElement> RulesOf(string path, YamlPiece? piece, ToolContract tool)
    {
        if (piece is null) return NoRules;
        if (piece is not YamlPiece.Map map || map.Members.Count > DefinitionFields.ArgumentRulesMax)
        {
            errors.Add(
                $"{path}.arguments",
                piece,
                $"Names and values are expected, such as 'path: src/*', at most {DefinitionFields.ArgumentRulesMax}.");
            return NoRules;
        }

        var known = ArgumentsOf(tool);
        var rules = NoRules.ToBuilder();
        foreach (var (name, value) in map.Members)
        {
            if (!known.Contains(name.Text, StringComparer.Ordinal))
            {
                var shown = name.Text.Length > 60 ? $"{name.Text[..60]}…" : name.Text;
                errors.Add(
                    $"{path}.arguments.{shown}",
                    name,
                    $"{tool.Name} has no argument '{shown}'.{Nearest.Question(name.Text, known)}");
                continue;
            }

            rules[name.Text] = JsonSerializer.SerializeToElement(YamlValues.ValueOf(value));
        }

        return rules.ToImmutable();
    }

    private static List<string> ArgumentsOf(ToolContract tool) =>
        tool.InputSchema.TryGetProperty("properties", out var properties)
            ? [.. properties.EnumerateObject().Select(static property => property.Name)]
            : [];

    private static ImmutableDictionary<string, JsonElement> NoRules { get; } =
        ImmutableDictionary.Create<string, JsonElement>(StringComparer.Ordinal);
}
