using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>Asks a run to end.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Why; the journal keeps it.</param>
    /// <param name="hard">Whether its steps get no time to stop by themselves; one that has not stopped is in doubt.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> CancelRunAsync(string runId, string? reason, bool hard, CancellationToken cancellationToken) =>
        ControlAsync(runId, "cancel", new CancelBody(reason, hard), WireJson.Default.CancelBody, cancellationToken);

    /// <summary>Begins no further step of a run; what is being performed ends by itself.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="reason">Why; the journal keeps it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> PauseRunAsync(string runId, string? reason, CancellationToken cancellationToken) =>
        ControlAsync(runId, "pause", new PauseBody(reason), WireJson.Default.PauseBody, cancellationToken);

    /// <summary>Lets a paused run go on.</summary>
    public Task<Run> ResumeRunAsync(string runId, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{RunPath(runId)}/resume"), WireJson.Default.Run, cancellationToken);

    /// <summary>Tells a run something before its next step.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="message">What it is told.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> SteerRunAsync(string runId, string message, CancellationToken cancellationToken) =>
        ControlAsync(runId, "steer", new SteerBody(message), WireJson.Default.SteerBody, cancellationToken);

    /// <summary>Sends a signal to a run.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="signal">The signal's name: letters, digits, dots, dashes and underscores.</param>
    /// <param name="payload">What it carries; null is an empty object.</param>
    /// <param name="idempotencyKey">
    /// Names this signal, so that repeating it sends it once; made up, for the retries of this call, if null.
    /// </param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> SignalRunAsync(
        string runId, string signal, JsonElement? payload, string? idempotencyKey, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post($"{RunPath(runId)}/signals/{Query.Segment(signal)}") with
        {
            IsRepeatable = true,
            Headers = [new("Idempotency-Key", idempotencyKey ?? NewKey())],
            Body = () => JsonBody.Of(new SignalBody(payload), WireJson.Default.SignalBody),
        };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }

    /// <summary>Decides about a step of which nobody knows whether it took place.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="step">The step.</param>
    /// <param name="occurrence">Which occurrence of it.</param>
    /// <param name="outcome">The decision.</param>
    /// <param name="output">What the step gave; needed for <see cref="StepOutcome.TookPlace"/>.</param>
    /// <param name="note">The reason.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> ResolveStepAsync(
        string runId,
        string step,
        int occurrence,
        StepOutcome outcome,
        JsonElement? output,
        string? note,
        CancellationToken cancellationToken) => ControlAsync(
            runId,
            $"steps/{Query.Segment(step)}/resolve",
            new ResolveBody(occurrence, outcome, output, note),
            WireJson.Default.ResolveBody,
            cancellationToken);

    /// <summary>Tries a run that failed or was cancelled again, from the step that failed.</summary>
    /// <param name="runId">The run.</param>
    /// <param name="note">The reason.</param>
    /// <param name="limits">Higher budgets; null for those it had.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Run> RetryRunAsync(
        string runId, string? note, RunLimits? limits, CancellationToken cancellationToken) =>
        ControlAsync(runId, "retry", new RetryBody(note, limits), WireJson.Default.RetryBody, cancellationToken);

    private Task<Run> ControlAsync<T>(
        string runId, string path, T body, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var call = ApiCall.Post($"{RunPath(runId)}/{path}") with { Body = () => JsonBody.Of(body, type) };
        return _transport.SendAsync(call, WireJson.Default.Run, cancellationToken);
    }

    private static string NewKey() => RandomNumberGenerator.GetHexString(32, lowercase: true);
}
