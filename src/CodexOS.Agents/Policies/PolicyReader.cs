using System.Collections.Immutable;
using CodexOS.Agents.Definitions;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Policies;

/// <summary>Reads a policy, alone or as a part of a definition.</summary>
internal sealed class PolicyReader(IToolSet tools, DefinitionErrors errors)
{
    /// <summary>A policy on its own, or what is wrong with it.</summary>
    public static Result<Policy> Read(string text, IToolSet tools)
    {
        if (!YamlTree.Read(text).TryGet(out var root, out var malformed)) return malformed;
        var errors = new DefinitionErrors();
        var policy = new PolicyReader(tools, errors).Read("", root);
        return errors.Any ? errors.ToFault("agents.invalid_policy") : policy;
    }

    /// <summary>A policy at a place of a text; what is wrong is added to the errors.</summary>
    public Policy Read(string path, YamlPiece piece)
    {
        if (piece is not YamlPiece.Map map)
        {
            errors.Add(path.Length == 0 ? "$" : path, piece, "A policy is a list of fields such as 'trifecta: refuse'.");
            return Policy.Default;
        }

        var prefix = path.Length == 0 ? "" : $"{path}.";
        var fields = new FieldSet(map, prefix, PolicyFields.All, errors);
        return new Policy
        {
            TrustedFrom = Enum.TryParse<Integrity>(fields.TextOr("trusted_from", "tenant"), true, out var from)
                ? from : Integrity.Tenant,
            UntrustedAction = ActionOf(fields, "untrusted_action"),
            Disclosure = ActionOf(fields, "disclosure"),
            Trifecta = ActionOf(fields, "trifecta"),
            UnknownLink = ActionOf(fields, "unknown_link"),
            ClosedValuesKeepTrust = fields.Flag("closed_values_keep_trust") ?? true,
            UsersMayDisclose = fields.Flag("users_may_disclose") ?? true,
            StandingApprovals = fields.Flag("standing_approvals") ?? true,
            Recipients = [.. fields.Texts("recipients").Select(TextForm.Normal)],
            Hosts = fields.Texts("hosts"),
            Canaries = fields.Texts("canaries"),
            Tools = ToolsOf(prefix, fields.Piece("tools")),
        };
    }

    private static RuleAction ActionOf(FieldSet fields, string name) =>
        fields.TextOr(name, "ask") == "refuse" ? RuleAction.Refuse : RuleAction.Ask;

    private ImmutableDictionary<string, ToolPolicy> ToolsOf(string prefix, YamlPiece? piece)
    {
        var none = Policy.Default.Tools;
        if (piece is null) return none;
        if (piece is not YamlPiece.Map map || map.Members.Count > DefinitionFields.ToolsMax)
        {
            errors.Add($"{prefix}tools", piece, $"Names of tools are expected, {DefinitionFields.ToolsMax} at most.");
            return none;
        }

        var own = none.ToBuilder();
        foreach (var (name, value) in map.Members)
        {
            var shown = name.Text.Length > 64 ? $"{name.Text[..64]}…" : name.Text;
            if (tools.Find(name.Text) is null)
            {
                errors.AddUnknownTool($"{prefix}tools.{shown}", name,
                    $"There is no tool '{shown}'.{Nearest.Question(name.Text, tools.All.Select(static tool => tool.Name))}");
            }
            else if (value is YamlPiece.Map rules)
            {
                var fields = new FieldSet(rules, $"{prefix}tools.{shown}.", PolicyFields.Tool, errors);
                own[name.Text] = new ToolPolicy(
                    (int?)fields.WholeNumber("calls_max"),
                    fields.TextOr("approval", "default") == "always" ? ApprovalMode.Always : ApprovalMode.Default,
                    fields.Flag("refuse") ?? false);
            }
            else
            {
                errors.Add($"{prefix}tools.{shown}", value, "Fields such as 'calls_max: 3' are expected.");
            }
        }

        return own.ToImmutable();
    }
}
