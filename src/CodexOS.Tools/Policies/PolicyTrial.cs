using System.Collections.Immutable;
using System.Diagnostics;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.Output;

namespace CodexOS.Tools.Policies;

/// <summary>Asks the real gate, with a grant made for the question.</summary>
internal sealed class PolicyTrial(
    ToolCatalogue catalogue, IConnectedTools connected, ToolGate gate, SecretScan secrets) : IPolicyTrial
{
    private static readonly WorkspaceId s_workspace = new(Guid.Empty);

    /// <inheritdoc />
    public async ValueTask<TrialVerdict> TryAsync(
        string tool, JsonElement arguments, CallContext context, Policy policy, ToolGrant? granted,
        CancellationToken cancellationToken)
    {
        var entry = catalogue.FindEntry(tool) ?? await connected.FindAsync(tool, cancellationToken);
        granted ??= new ToolGrant(tool, ApprovalMode.Default, ImmutableDictionary<string, JsonElement>.Empty)
        {
            Pin = entry?.DefinitionHash,
        };
        var grant = new RunGrant([granted], null, s_workspace) { Policy = new PinnedPolicy(0, "", policy) };
        var call = new EffectCall(
            default, default(TenantId), "trial", 1,
            JsonSerializer.SerializeToElement(new ToolStepInput(tool, "trial", arguments), Json.Options),
            JsonSerializer.SerializeToElement(grant, Json.Options))
        {
            Prepared = context,
            Resolved = entry,
        };
        var verdict = gate.Judge(call);
        if (verdict is not GateVerdict.Refuse && entry is { Contract.IsOutgoing: true }
            && secrets.Find(arguments, policy) is { } found)
        {
            verdict = new GateVerdict.Refuse(SecretScan.Blocked(tool, found));
        }

        return verdict switch
        {
            GateVerdict.Allow => new("allow", null, "No rule stands in the way."),
            GateVerdict.Refuse refuse => new("refuse", refuse.Fault.Code, refuse.Fault.Message),
            GateVerdict.Ask { Why: { } why } => new("ask", RuleOf(why), $"A person is asked: {why}."),
            GateVerdict.Ask => new("ask", "tools.approval", "A person is asked: grant, policy or contract want it."),
            _ => throw new UnreachableException("The gate has three verdicts."),
        };
    }

    private static string? RuleOf(string why)
    {
        var from = why.IndexOf("(tools.", StringComparison.Ordinal);
        var to = from < 0 ? -1 : why.IndexOf(')', from);
        return to < 0 ? null : why[(from + 1)..to];
    }
}
