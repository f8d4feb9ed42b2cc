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
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Calls;

/// <summary>Performs <c>tool.call</c> steps: the gate decides, the tool acts, its answer is bounded.</summary>
internal sealed partial class ToolCallHandler(
    ToolCatalogue catalogue,
    GrantReader grants,
    ToolGate gate,
    IEgress egress,
    IOptions<ToolsOptions> options,
    TimeProvider clock,
    ToolsTelemetry telemetry,
    ILogger<ToolCallHandler> log) : IEffectHandler
{
    private const int ToldLengthMax = 2_000;

    /// <inheritdoc />
    public string Effect => ToolStepInput.Effect;

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
        var granted = grants.Read(call.Grant)!.Egress;
        if (!egress.Open(granted, new EgressScope(call.Tenant, call.Key)).TryGet(out var session, out var closed)) return closed;
        using var network = session;
        var (tool, toolCall) = Open(call, session);
        using var span = telemetry.StartCall(tool.Contract.Name, call);
        var began = clock.GetTimestamp();
        Result<ToolResult> outcome = default;
        try
        {
            outcome = await InvokeAsync(tool, toolCall, cancellationToken);
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

        return OutputOf(tool.Contract, result!, session.Summary());
    }

    /// <inheritdoc />
    public async Task<ProbeAnswer> ProbeAsync(EffectCall call, CancellationToken cancellationToken)
    {
        if (gate.Judge(call) is GateVerdict.Refuse refused) return new ProbeAnswer.Unknown(refused.Fault.Message);
        var (tool, toolCall) = Open(call);
        return await tool.Tool.ProbeAsync(toolCall, cancellationToken) switch
        {
            ToolProbe.TookPlace took => new ProbeAnswer.TookPlace(OutputOf(tool.Contract, took.Result)),
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

    private EffectOutput OutputOf(ToolContract tool, ToolResult result, EgressSummary? network = null) =>
        new(JsonSerializer.SerializeToElement(Bounded(tool, result) with { Egress = network }, Json.Options))
        {
            Compensation = result.Undo,
        };

    private (ToolCatalogue.Entry Tool, ToolCall Call) Open(EffectCall call, EgressSession? network = null)
    {
        var input = call.Input.Deserialize<ToolStepInput>(Json.Options)!;
        var workspace = grants.Read(call.Grant)!.Workspace;
        var toolCall = new ToolCall(call.Run, call.Tenant, call.Key, input.Arguments, workspace)
        {
            Egress = network,
            OnDelta = call.OnDelta,
        };
        return (catalogue.FindEntry(input.Tool)!, toolCall);
    }

    private async Task<Result<ToolResult>> InvokeAsync(
        ToolCatalogue.Entry tool, ToolCall call, CancellationToken cancellationToken)
    {
        var contract = tool.Contract;
        using var timeUp = new CancellationTokenSource(contract.TimeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        try
        {
            // A tool that does not stop when told to is given up on, and its outcome is unknown: that is an exception.
            return await tool.Tool.InvokeAsync(call, either.Token)
                .WaitAsync(contract.TimeMax + options.Value.StopTimeMax, clock, CancellationToken.None);
        }
        catch (OperationCanceledException) when (
            timeUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
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

    private ToolStepOutput Bounded(ToolContract contract, ToolResult result)
    {
        var text = TextLimit.Cut(result.Text, contract.TextLengthMax);
        var data = result.Data.ValueKind is JsonValueKind.Undefined ? (JsonElement?)null : result.Data;
        var dataFits = data is null || JsonMarshal.GetRawUtf8Value(data.Value).Length <= options.Value.DataSizeBytesMax;
        var truncated = result.Truncated || !dataFits || text.Length != result.Text.Length;
        return new ToolStepOutput(text, result.IsError, truncated, dataFits ? data : null);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "The tool {Tool} broke in {Key}.")]
    private partial void LogBroken(Exception error, string tool, string key);
}
