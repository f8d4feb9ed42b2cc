using System.Collections.Immutable;
using CodexOS.Platform.Egress;

namespace CodexOS.Agents.Definitions;

/// <summary>Reads which hosts an agent's tools may reach: names, or names with methods and a secret.</summary>
internal sealed class EgressReader(DefinitionErrors errors)
{
    private readonly List<(string Path, YamlPiece Piece, string Name)> _secrets = [];

    /// <summary>The secrets that rules name, with their places. Whether there are such is not known without asking.</summary>
    public IReadOnlyList<(string Path, YamlPiece Piece, string Name)> Secrets => _secrets;

    /// <summary>The rules in their one spelling; null if there are none.</summary>
    public ImmutableArray<EgressRule>? Read(YamlPiece? piece)
    {
        if (piece is null) return null;
        if (piece is not YamlPiece.List list)
        {
            errors.Add("egress", piece, "A list is expected, with a line '- api.example.com' for each host.");
            return null;
        }

        if (list.Items.Count > DefinitionFields.EgressMax)
        {
            errors.Add("egress", piece, $"An agent may have at most {DefinitionFields.EgressMax} hosts.");
            return null;
        }

        var rules = ImmutableArray.CreateBuilder<EgressRule>(list.Items.Count);
        for (var i = 0; i < list.Items.Count; i++)
        {
            if (ReadOne($"egress[{i}]", list.Items[i]) is not { } rule) continue;
            // Two rules for the same have no single meaning.
            if (rules.Any(other => other.Host == rule.Host && other.Port == rule.Port))
                errors.Add($"egress[{i}]", list.Items[i], $"'{rule}' is listed twice.");
            rules.Add(rule);
        }

        return rules.Count == 0 ? null : rules.ToImmutable();
    }

    private EgressRule? ReadOne(string path, YamlPiece piece)
    {
        switch (piece)
        {
            case YamlPiece.Scalar name:
                return HostOf(path, name);
            case YamlPiece.Map map:
                var fields = new FieldSet(map, path + ".", DefinitionFields.Egress, errors);
                var secret = fields.TextOr("secret", "");
                if (fields.Piece("host") is not YamlPiece.Scalar host || HostOf($"{path}.host", host) is not { } rule) return null;
                if (secret.Length > 0) _secrets.Add(($"{path}.secret", fields.Piece("secret")!, secret));
                return rule with
                {
                    Methods = MethodsOf($"{path}.methods", fields.Piece("methods")),
                    Secret = secret.Length > 0 ? secret : null,
                };
            default:
                errors.Add(path, piece, "A host is expected, or a host with 'host:', 'methods:' and 'secret:'.");
                return null;
        }
    }

    private EgressRule? HostOf(string path, YamlPiece.Scalar at)
    {
        if (EgressRule.Parse(at.Text).TryGet(out var rule, out var fault)) return rule;
        errors.Add(path, at, fault.Message);
        return null;
    }

    private ImmutableArray<string>? MethodsOf(string path, YamlPiece? piece)
    {
        if (piece is null) return null;
        if (piece is not YamlPiece.List { Items.Count: > 0 } list)
        {
            errors.Add(path, piece, "A list of methods is expected, for instance [GET, HEAD].");
            return null;
        }

        var methods = ImmutableArray.CreateBuilder<string>(list.Items.Count);
        foreach (var item in list.Items)
        {
            if (item is YamlPiece.Scalar { Text: var text } && EgressRule.MethodsKnown.Contains(text) && !methods.Contains(text))
            {
                methods.Add(text);
                continue;
            }

            var shown = item is YamlPiece.Scalar { Text.Length: <= 20 } word ? $" '{word.Text}'" : "";
            errors.Add(
                path, item,
                $"This is not one more method{shown}. There are: {string.Join(", ", EgressRule.MethodsKnown)}, each once.");
        }

        return methods.ToImmutable();
    }
}
