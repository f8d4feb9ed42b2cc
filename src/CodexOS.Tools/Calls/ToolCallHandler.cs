using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;
using CodexOS.Tools.Labels;
using CodexOS.Tools.Output;
using CodexOS.Tools.Standing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Calls;

/// <summary>Performs <c>tool.call</c> steps: the gate decides, the tool acts, its answer is bounded.</summary>
internal sealed partial class ToolCallHandler(
    ToolCatalogue catalogue,
    IConnectedTools connected,
    GrantReader grants,
    ToolGate gate,
    IEgress egress,
    ILabelStore labels,
    SecretScan secrets,
    IStandingApprovals standing,
    IOptions<ToolsOptions> options,
    TimeProvider clock,
    ToolsTelemetry telemetry,
    ILogger<ToolCallHandler> log) : IEffectHandler
{
    private const int ToldLengthMax = 2_000;

    /// <inheritdoc />
    public string Effect => ToolStepInput.Effect;

    /// <inheritdoc />
    public async ValueTask<object?> ResolveAsync(EffectCall call, CancellationToken cancellationToken) =>
        ToolGate.TryReadCall(call.Input, out var name, out _) && catalogue.Find(name) is null
            ? await connected.FindAsync(name, cancellationToken)
            : null;

    /// <inheritdoc />
    public GateVerdict Judge(EffectCall call)
    {
        var began = clock.GetTimestamp();
        var verdict = gate.Judge(call);
        telemetry.Judged(verdict, clock.GetElapsedTime(began));
        return verdict;
    }

    /// <inheritdoc />
    public async Task<ApprovalPreview?> PreviewAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (gate.Judge(call) is GateVerdict.Refuse) return null;
        var (tool, toolCall) = Open(call);
        return await tool.Tool.PreviewAsync(toolCall, cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        // The engine has asked already. Asking again costs microseconds and leaves no way around the gate.
        switch (gate.Judge(call))
        {
            case GateVerdict.Refuse refused:
                return refused.Fault;
            case GateVerdict.Ask:
                return new Fault(
                    "tools.not_approved",
                    FaultKind.NotAllowed,
                    "This call needs a person's approval, and there is none.");
        }

        // The grant was fixed when the run was created, so no setting or version since then widens what can be reached.
        var granted = grants.Read(call.Grant)!;
        var opened = egress.Open(granted.Egress, new EgressScope(call.Tenant, call.Key));
        if (!opened.TryGet(out var session, out var closed)) return closed;
        using var network = session;
        var (tool, toolCall) = Open(call, session);
        if (tool.Contract.IsOutgoing && secrets.Find(toolCall.Arguments, granted.Policy) is { } found)
        {
            telemetry.Blocked(tool.Contract.Name, found);
            return SecretScan.Blocked(tool.Contract.Name, found);
        }

        using var span = telemetry.StartCall(tool.Contract.Name, call);
        var began = clock.GetTimestamp();
        // What is kept is marked before it is kept: a crash in between leaves a mark too many, never one too few.
        await MarkAsync(tool.Contract, toolCall, cancellationToken);
        Result<ToolResult> outcome = default;
        try
        {
            outcome = await InvokeAsync(tool, toolCall, granted.Policy, cancellationToken);
        }
        finally
        {
            // What was reached before it failed is journaled too, as the last that is heard of the step.
            if (!outcome.TryGet(out var made, out _) || made is null) Tell(call, session.Summary());
        }

        var isOk = outcome.TryGet(out var result, out var fault);
        telemetry.Called(
            tool.Contract.Name, isOk ? result!.IsError ? "error" : "ok" : fault!.Code, clock.GetElapsedTime(began));
        if (!isOk)
        {
            span?.SetStatus(ActivityStatusCode.Error, fault!.Code);
            return fault!;
        }

        var kept = await ReadMarkAsync(tool.Contract, toolCall, cancellationToken);
        return OutputOf(tool, toolCall, result!, kept, session.Summary());
    }

    /// <inheritdoc />
    public async Task<StandingConsent?> ConsentAsync(
        EffectCall call, GateVerdict.Ask ask, CancellationToken cancellationToken) =>
        ask.IsViolation || grants.Read(call.Grant) is not { Policy.StandingApprovals: true }
            ? null
            : await standing.UseAsync(call, ask, cancellationToken);

    /// <inheritdoc />
    public async Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (gate.Judge(call) is GateVerdict.Refuse refused) return new ProbeAnswer.Unknown(refused.Fault.Message);
        var (tool, toolCall) = Open(call);
        return await tool.Tool.ProbeAsync(toolCall, cancellationToken) switch
        {
            ToolProbe.TookPlace took => new ProbeAnswer.TookPlace(OutputOf(
                tool, toolCall, took.Result, await ReadMarkAsync(tool.Contract, toolCall, cancellationToken), network: null)),
            ToolProbe.DidNot => new ProbeAnswer.DidNot(),
            ToolProbe.Unknown unknown => new ProbeAnswer.Unknown(unknown.Reason),
            _ => throw new UnreachableException("A probe has three answers."),
        };
    }

    private static void Tell(EffectCall call, EgressSummary? network)
    {
        if (network is null) return;
        var lines = network.Decisions.Select(static line =>
            $"{line.Count}× {line.Kind} {line.Host}:{line.Port} {line.Outcome.ToString().ToLowerInvariant()} ({line.Rule}, "
            + $"{line.BytesSent} B sent, {line.BytesReceived} B received)");
        var text = TextLimit.Cut($"Network: {string.Join("; ", lines)}", ToldLengthMax);
        call.OnProgress(new Progress(network.Allowed + network.Denied + network.Failed, null, "requests", text));
    }

    /// <summary>The output with its label: what the contract, the tool, the store and the arguments say, joined.</summary>
    private EffectOutput OutputOf(
        ToolEntry tool, ToolCall call, ToolResult result, Label kept, EgressSummary? network)
    {
        var contract = tool.Contract;
        var output = Bounded(tool, result) with { Egress = network };
        var label = ToolLabels.OfOutput(contract, call.ArgumentsLabel, result.Label, kept) with
        {
            Signals = Signals.In(output.Text),
        };
        foreach (var signal in label.Signals) telemetry.Noticed(contract.Name, signal);
        return new EffectOutput(JsonSerializer.SerializeToElement(output, Json.Options), result.Usage)
        {
            Compensation = result.Undo,
            Label = label.ToJson(),
        };
    }

    /// <summary>Marks what a call keeps with the label of what it is given.</summary>
    private Task MarkAsync(ToolContract contract, ToolCall call, CancellationToken cancellationToken) =>
        contract.Store is { Access: not StoreAccess.Read } store
            ? labels.LowerAsync(call.Tenant, ToolLabels.EntryOf(store, call), call.ArgumentsLabel, cancellationToken)
            : Task.CompletedTask;

    /// <summary>The label of what was kept and a call has read.</summary>
    private async Task<Label> ReadMarkAsync(ToolContract contract, ToolCall call, CancellationToken cancellationToken) =>
        contract.Store is { Access: not StoreAccess.Write } store
            ? await labels.ReadAsync(call.Tenant, ToolLabels.EntryOf(store, call), cancellationToken)
            : Label.System;

    private (ToolEntry Tool, ToolCall Call) Open(EffectCall call, EgressSession? network = null)
    {
        var input = call.Input.Deserialize<ToolStepInput>(Json.Options)!;
        var granted = grants.Read(call.Grant)!;
        var toolCall = new ToolCall(call.Run, call.Tenant, call.Key, input.Arguments, granted.Workspace)
        {
            Knowledge = granted.Knowledge,
            Egress = network,
            OnDelta = call.OnDelta,
            Step = call,
        };
        var entry = catalogue.FindEntry(input.Tool, call.Resolved)!;
        var context = call.Prepared as CallContext ?? CallContext.Unknown;
        return (entry, toolCall with { ArgumentsLabel = ToolLabels.OfArguments(entry.Contract, input.Arguments, context) });
    }

    private async Task<Result<ToolResult>> InvokeAsync(
        ToolEntry tool, ToolCall call, Policy policy, CancellationToken cancellationToken)
    {
        var contract = tool.Contract;
        using var time = new CallTime(contract.TimeMax, options.Value.StopTimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(time.Up, cancellationToken);
        try
        {
            // A tool that does not stop when told to is given up on, and its outcome is unknown: that is an exception.
            return await time.WaitAsync(tool.Tool.InvokeAsync(Asking(contract, call, policy, time), either.Token));
        }
        catch (OperationCanceledException) when (
            time.Up.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            return new Fault(
                "tools.timed_out",
                FaultKind.Timeout,
                $"{contract.Name} was stopped after {contract.TimeMax.TotalSeconds:0} s. What it did until then stays "
                + "done; ask for less at once.");
        }
        catch (Exception error) when (
            contract.Repeat is RepeatClass.Read && error is not (OperationCanceledException or OutOfMemoryException))
        {
            // A read that broke has changed nothing, so its outcome is known: it failed.
            LogBroken(error, contract.Name, call.Key);
            return new Fault(
                "tools.broken",
                FaultKind.Internal,
                $"{contract.Name} broke. The server's log says why, under {call.Key}.");
        }
    }

    /// <summary>
    /// The call as one that can ask people: its time stands still while they think, and what they say is looked through as
    /// arguments are before it leaves.
    /// </summary>
    private ToolCall Asking(ToolContract contract, ToolCall call, Policy policy, CallTime time) =>
        call.Step?.AskAsync is not { } ask ? call : call with
        {
            AskAsync = async (wish, cancellationToken) =>
            {
                using var still = time.Stop();
                var decided = await ask(wish, cancellationToken);
                if (!contract.IsOutgoing || decided.Answer?.Content is not { } content) return decided;
                if (secrets.Find(content, policy) is not { } found) return decided;
                telemetry.Blocked(contract.Name, found);
                return SecretScan.Blocked(contract.Name, found);
            },
        };

    private ToolStepOutput Bounded(ToolEntry tool, ToolResult result)
    {
        var contract = tool.Contract;
        var text = TextLimit.Cut(result.Text, contract.TextLengthMax);
        var data = result.Data.ValueKind is JsonValueKind.Undefined ? (JsonElement?)null : result.Data;
        var dataFits = data is null || (JsonMarshal.GetRawUtf8Value(data.Value).Length <= options.Value.DataSizeBytesMax
            && (result.IsError || tool.Output is null || tool.Output.Fits(data.Value)));
        var truncated = result.Truncated || !dataFits || text.Length != result.Text.Length;
        return new ToolStepOutput(text, result.IsError, truncated, dataFits ? data : null);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The tool {Tool} broke in {Key}.")]
    private partial void LogBroken(Exception error, string tool, string key);
}
