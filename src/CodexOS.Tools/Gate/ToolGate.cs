using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Gate;

/// <summary>
/// Decides whether a tool may be called: pure code over the call, the run's grant and the tool's contract, the same for
/// every caller. The order is fixed, and the person is asked last, so that no approval covers a violation.
/// <list type="number">
/// <item>The call is well formed, and the tool exists.</item>
/// <item>The grant lists the tool.</item>
/// <item>The arguments fit the input schema, and every one of them is known.</item>
/// <item>The arguments keep to the grant's rules.</item>
/// <item>There is a workspace where the tool needs one.</item>
/// <item>The budget of calls allows one more.</item>
/// <item>Labels: who is trusted, who may read, what goes out. What the policy refuses ends here.</item>
/// <item>A person is asked where a label, grant, policy or contract want it; the answer holds for exactly these
/// arguments and reasons.</item>
/// </list>
/// </summary>
internal sealed class ToolGate(ToolCatalogue catalogue, GrantReader grants, TimeSpan approvalTimeMax)
{
    private const int TitleLengthMax = 120;
    private const int NameShownMax = 64;

    private static readonly EffectPool SandboxPool = new("sandbox", Math.Clamp(Environment.ProcessorCount * 4, 4, 64));

    /// <summary>The verdict on a call.</summary>
    public GateVerdict Judge(EffectCall call)
    {
        // 1. The call, and its tool.
        if (!TryReadCall(call.Input, out var name, out var arguments))
        {
            return Refuse("tools.bad_arguments", FaultKind.Invalid, "A tool call needs a tool's name and arguments.");
        }

        if (catalogue.FindEntry(name, call.Resolved) is not { } tool)
        {
            return Refuse(
                "tools.unknown_tool",
                FaultKind.NotFound,
                $"There is no tool '{Shown(name)}'. Call one of those offered.");
        }

        // 2. The grant.
        if (grants.Read(call.Grant) is not { } grant)
            return Refuse(
                "tools.not_granted", FaultKind.NotAllowed, "This run's grant cannot be read, so it grants nothing.");
        if (!grant.Tools.TryGetValue(name, out var granted))
        {
            return Refuse(
                "tools.not_granted",
                FaultKind.NotAllowed,
                $"This agent may not call {name}: its definition does not list it. Add it under 'tools' to allow it.");
        }

        if (granted.Pin != tool.DefinitionHash)
        {
            return Refuse(
                "tools.definition_changed",
                FaultKind.NotAllowed,
                $"The definition of {name} is not the one that the agent's author accepted. Look at it in the list of tools "
                + "and apply the agent again.");
        }

        var policy = grant.Policy;
        var own = policy.Tools.GetValueOrDefault(name);
        if (own is { Refuse: true })
            return Refuse("tools.refused_by_policy", FaultKind.NotAllowed, $"The policy refuses {name}.");

        // 3. The schema.
        if (tool.Schema.WhatIsWrong(arguments) is { } wrong)
        {
            return Refuse(
                "tools.bad_arguments", FaultKind.Invalid, $"The arguments of {name} do not fit its schema: {wrong}.");
        }

        // 4. The grant's rules for arguments.
        if (ArgumentRules.FirstBroken(granted.Arguments, arguments) is { } broken)
        {
            return Refuse(
                "tools.argument_not_granted",
                FaultKind.NotAllowed,
                $"This agent may call {name} only with certain arguments: {broken}.");
        }

        // 5. The workspace and the knowledge bases.
        if (tool.Contract.NeedsWorkspace && grant.Workspace is null)
        {
            return Refuse(
                "tools.no_workspace",
                FaultKind.Conflict,
                $"{name} works on files and this run has no workspace. Start the run with one.");
        }

        if (tool.Contract.NeedsKnowledge && grant.Knowledge.IsEmpty)
        {
            return Refuse(
                "tools.no_knowledge",
                FaultKind.NotAllowed,
                $"{name} reads knowledge bases and this agent is granted none. List them under 'knowledge:' in its definition.");
        }

        // 6. The budget.
        var context = call.Prepared as CallContext ?? CallContext.Unknown;
        if (own?.CallsMax is { } callsMax && context.CallsBefore.GetValueOrDefault(name) >= callsMax)
        {
            return Refuse(
                "tools.calls_used_up",
                FaultKind.LimitReached,
                $"The policy allows {callsMax} calls of {name} in a run, and all of them were made.");
        }

        // 7. The labels.
        var hasNetwork = !grant.Egress.IsEmpty;
        var kind = tool.Tool.ClassOf(arguments, hasNetwork);
        var findings = FlowRules.Judge(tool.Contract.As(kind, hasNetwork), arguments, context, policy);
        if (findings?.FirstOrDefault(static finding => finding.Action is RuleAction.Refuse) is { } refused)
            return Refuse(refused.Code, FaultKind.NotAllowed, $"Refused by the rule {refused.Code}: {refused.Why}.");

        // 8. The person.
        return JudgeApproval(call, tool.Contract, kind, granted, own, findings, arguments);
    }

    private GateVerdict JudgeApproval(
        EffectCall call, ToolContract tool, ToolCallClass kind, ToolGrant granted, ToolPolicy? own, List<Finding>? findings,
        JsonElement arguments)
    {
        if (call.Approval is { Approved: false } denial) return Denied(tool.Name, denial);
        if (granted.Approval is ApprovalMode.Never && kind.Effect is EffectClass.Irreversible)
        {
            return Refuse(
                "tools.not_granted",
                FaultKind.NotAllowed,
                $"What {tool.Name} does with these arguments cannot be undone, so it cannot be granted with approval 'never'. Use "
                + "default or always.");
        }

        if (findings is not null && granted.Approval is ApprovalMode.Never)
        {
            return Refuse(
                findings[0].Code,
                FaultKind.NotAllowed,
                $"Refused by the rule {findings[0].Code}: {findings[0].Why}. The grant says that nobody is asked.");
        }

        var asks = findings is not null || own is { Approval: ApprovalMode.Always } || granted.Approval switch
        {
            ApprovalMode.Always => true,
            ApprovalMode.Never => false,
            _ => kind.AsksByDefault,
        };
        if (!asks) return Allow(tool, kind);

        if (!CanonicalJson.Write(arguments).TryGet(out var canonical, out var fault))
            return new GateVerdict.Refuse(fault);
        var hash = HashOf(tool.Name, canonical, findings);
        if (call.Approval is { Approved: true } given && given.ArgumentsHash == hash)
            return Allow(tool, kind);
        return new GateVerdict.Ask(
            tool.Name, TitleOf(tool.Name, arguments), JsonElement.Parse(canonical), hash, approvalTimeMax)
        {
            Why = findings is null ? null : string.Join("; ", findings.Select(static it => $"{it.Why} ({it.Code})")),
            IsViolation = findings is not null,
        };
    }

    /// <summary>
    /// What an approval is bound to: the tool, every argument, and the rules that it sets aside. An approval of an ordinary
    /// call is none of the same call where it breaks a rule.
    /// </summary>
    internal static string HashOf(string tool, string canonicalArguments, List<Finding>? findings = null)
    {
        var rules = findings is null ? "" : $",\"violates\":\"{string.Join(' ', findings.Select(static it => it.Code))}\"";
        return CanonicalJson.Hash($$"""{"arguments":{{canonicalArguments}},"tool":"{{tool}}"{{rules}}}""");
    }

    /// <summary>What executes code works on this machine, so that its calls have a pool that fits the machine.</summary>
    private static GateVerdict.Allow Allow(ToolContract tool, ToolCallClass kind) => new(kind.Repeat)
    {
        Pool = tool.NeedsSandbox ? SandboxPool : null,
        Reserve = tool.EgressBytesMax > 0 ? new EffectUsage(0, 0, 0) { Bytes = tool.EgressBytesMax } : null,
    };

    /// <summary>The name and the arguments of a call, if it is well formed.</summary>
    internal static bool TryReadCall(JsonElement input, out string name, out JsonElement arguments)
    {
        name = "";
        arguments = default;
        if (input.ValueKind is not JsonValueKind.Object
            || !input.TryGetProperty("tool", out var tool) || tool.ValueKind is not JsonValueKind.String
            || !input.TryGetProperty("arguments", out arguments))
        {
            return false;
        }

        name = CanonicalJson.TryReadString(tool) ?? "";
        return name.Length > 0;
    }

    private static GateVerdict.Refuse Denied(string tool, ApprovalOutcome denial)
    {
        var who = denial.By == "expiry" ? $"Nobody approved {tool} in time" : $"A person denied {tool}";
        var why = string.IsNullOrWhiteSpace(denial.Note) ? "" : $" and wrote: {denial.Note.Trim()}";
        return Refuse(
            "tools.denied",
            FaultKind.NotAllowed,
            $"{who}{why}. Do not try the same again; find another way, or finish.");
    }

    /// <summary>One line that says what is wanted: the tool and the first line of its first textual argument.</summary>
    private static string TitleOf(string tool, JsonElement arguments)
    {
        foreach (var argument in arguments.EnumerateObject())
        {
            if (argument.Value.ValueKind is not JsonValueKind.String) continue;
            var line = argument.Value.GetString()!.Trim().Split('\n')[0].Trim();
            var clean = new string([.. line.Where(static character => !char.IsControl(character))]);
            if (clean.Length > 0) return Cut($"{tool}: {clean}", TitleLengthMax);
        }

        return tool;
    }

    private static string Shown(string name) =>
        Cut(new string([.. name.Where(static character => !char.IsControl(character))]), NameShownMax);

    private static string Cut(string text, int lengthMax)
    {
        if (text.Length <= lengthMax) return text;
        var end = char.IsHighSurrogate(text[lengthMax - 2]) ? lengthMax - 2 : lengthMax - 1;
        return $"{text.AsSpan(0, end)}…";
    }

    private static GateVerdict.Refuse Refuse(string code, FaultKind kind, string message) =>
        new(new Fault(code, kind, message));
}
