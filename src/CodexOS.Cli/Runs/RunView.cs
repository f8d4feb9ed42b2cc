using System.Text.Json;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Runs;

/// <summary>
/// Shows a run as it goes: a line for each finished step, model text as it is written, output of commands cut to what
/// fits, diffs in colour. What is being done now is a status line, on a terminal only.
/// </summary>
internal sealed class RunView(Screen screen, TimeProvider clock, bool isFull)
{
    private const int DiffLinesMax = 60;

    private readonly Dictionary<string, StepInProgress> _inProgress = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _asked = new(StringComparer.Ordinal);
    private readonly OutputText _output = new(screen, isFull);
    private ModelText? _modelText;
    private ConnectionLost? _outage;
    private string? _lastText;

    /// <summary>Set while a question is on the screen, under which a status line would not be seen.</summary>
    public bool IsAsking { get; set; }

    public void ShowHead(Run run)
    {
        screen.Line(
            (PlainText.LineOf(run.Subject), Tone.Bold),
            ($" v{run.SubjectVersion}  {run.Id}", Tone.Dim));
        if (run.Model is not { } model) return;
        screen.Line(
            ("model ", Tone.Dim),
            (PlainText.LineOf(model), Tone.Plain),
            (run.ModelIsReal ? "" : "  scripted or replayed, not a real model", Tone.Warn));
    }

    public void Show(RunUpdate update)
    {
        switch (update)
        {
            case JournalUpdate journal:
                Show(journal.Event);
                break;
            case DeltaUpdate delta:
                ShowDelta(delta);
                break;
            case ConnectionLost lost:
                EndModelText();
                if (lost.Attempt == 1) Note($"connection lost: {lost.Reason}", "⚠", Tone.Warn);
                _outage = lost;
                break;
            case ConnectionRestored:
                _outage = null;
                Note("connected again", "✓", Tone.Dim);
                break;
            default:
                break;
        }

        ShowStatus();
        screen.Flush();
    }

    /// <summary>Brings the status line up to date with the clock.</summary>
    public void ShowStatus()
    {
        if (IsAsking || _modelText is not null) return;
        if (_outage is { } outage)
        {
            screen.Status($"… trying to connect again (attempt {outage.Attempt + 1})");
            return;
        }

        if (_inProgress.Count == 0) return;
        var newest = _inProgress.Values.MaxBy(step => step.Seq)!;
        var others = _inProgress.Count > 1 ? $" and {Format.Plural(_inProgress.Count - 1, "other")}" : "";
        var time = Format.Age(clock.GetUtcNow() - newest.StartedAt);
        screen.Status($"… {newest.Name} {newest.Arguments}{others}  {time}  {newest.Output}".TrimEnd());
    }

    public void ShowSummary(Run run)
    {
        EndModelText();
        var real = run.ModelIsReal || run.Model is null ? "" : "  (scripted or replayed model)";
        var time = Format.Duration((run.EndedAt ?? clock.GetUtcNow()) - run.CreatedAt);
        var steps = Format.Plural(run.StepsCount, "step");
        var tokens = $"{Format.Count(run.TokensIn)} tokens in, {Format.Count(run.TokensOut)} out";
        var (icon, word, tone) = run.Status switch
        {
            RunStatus.Completed => ("✓", "completed", Tone.Good),
            RunStatus.Failed => ("✗", "failed", Tone.Bad),
            RunStatus.Cancelled => ("■", "cancelled", Tone.Warn),
            RunStatus.InDoubt => ("?", "in doubt", Tone.Warn),
            RunStatus.Paused => ("‖", "paused", Tone.Warn),
            _ => ("…", run.Status.ToString().ToLowerInvariant(), Tone.Info),
        };
        screen.Line(
            ($"{icon} {word}", tone),
            ($"  {time}, {steps}, {tokens}, {Format.Money(run.CostMicroUsd)}", Tone.Dim),
            (real, Tone.Warn));
    }

    private void Show(RunEvent happened)
    {
        var data = happened.Data;
        switch (happened.Kind)
        {
            case RunEventKinds.Created:
                screen.Line(("task  ", Tone.Dim), (TextOf(data.Member("input")), Tone.Plain));
                break;
            case RunEventKinds.Claimed when _inProgress.Count > 0:
                // A step was being performed and whoever performed it is gone. Its start stands in the journal once.
                Note("the server restarted; the run goes on, finished steps are not repeated", "↻", Tone.Warn);
                break;
            case RunEventKinds.StepStarted:
                Begin(happened);
                break;
            case RunEventKinds.StepCompleted:
                End(happened);
                break;
            case RunEventKinds.StepFailed:
                Fail(happened);
                break;
            case RunEventKinds.StepInDoubt:
                ShowDoubt(data);
                break;
            case RunEventKinds.StepResolved:
                Note($"resolved as {data.Text("outcome")} by {data.Text("by")}", "↻", Tone.Info);
                break;
            case RunEventKinds.ApprovalRequested:
                ShowApproval(data);
                break;
            case RunEventKinds.ApprovalDecided:
                var isApproved = data.Flag("approved");
                var note = data.Text("note") is { Length: > 0 } text ? $": {text}" : "";
                Note($"{(isApproved ? "approved" : "denied")} by {data.Text("by")}{note}",
                    isApproved ? "✓" : "✗", isApproved ? Tone.Good : Tone.Bad);
                break;
            case RunEventKinds.CancelRequested:
                var reason = data.Text("reason") is { Length: > 0 } given ? $": {given}" : "";
                Note($"{data.Text("by")} asked to end the run{reason}", "■", Tone.Warn);
                break;
            case RunEventKinds.Completed:
                EndModelText();
                // An agent's answer is the last thing its model said, which is on the screen already.
                if (TextOf(data.Member("output")) is { Length: > 0 } output && output != _lastText)
                    screen.Line("\n" + output + "\n");
                break;
            case RunEventKinds.Failed:
                var fault = data.Fault();
                Note($"{fault.Message} ({fault.Code})", "✗", Tone.Bad);
                break;
            case RunEventKinds.StepProgressed:
                if (_inProgress.TryGetValue(data.Text("step") ?? "", out var moving))
                    moving.Take(ControlText.ProgressOf(data.Member("progress")) + "\n");
                break;
            default:
                if (ControlText.Of(happened) is { } told) Note(told.Text, told.Icon, told.Tone);
                if (happened.Kind is RunEventKinds.RolledBack or RunEventKinds.Retried or RunEventKinds.Forked)
                    _inProgress.Clear();
                break;
        }
    }

    /// <summary>Which earlier answer a model's step gave instead of asking; null where the model was asked.</summary>
    private static string? CachedText(JsonElement output) => output.Member("cached") is { ValueKind: JsonValueKind.Object } cached
        ? $"cached, as {PlainText.LineOf(cached.Text("run"))} was answered (similarity {cached.Member("similarity")})"
        : null;

    private void Begin(RunEvent happened)
    {
        var data = happened.Data;
        var input = data.Member("input");
        var isModel = data.Text("effect") == "model.chat";
        _inProgress[data.Text("step") ?? ""] = new StepInProgress(
            happened.Seq,
            happened.At,
            isModel,
            PlainText.LineOf(isModel ? "model" : input.Text("tool") ?? data.Text("effect")),
            isModel ? PlainText.LineOf(input.Text("model")) : StepText.ArgumentsOf(input.Member("arguments")));
    }

    private void End(RunEvent happened)
    {
        var data = happened.Data;
        var output = data.Member("output");
        var step = Take(data.Text("step") ?? "");
        if (step.IsModel)
        {
            EndModelText(output.Text("text") ?? "", data.Text("step"));
            _lastText = PlainText.Of(output.Text("text")).Trim();
            var calls = string.Join(", ", output.Items("toolCalls").Select(call => call.Text("tool")));
            StepLine("✓", Tone.Good, step, data, calls.Length > 0 ? $"→ {calls}" : CachedText(output) ?? output.Text("finishReason") ?? "");
            return;
        }

        EndModelText();
        var details = output.Member("data");
        var isError = output.Flag("isError");
        var isUneasy = IsCode(step.Name) && (details.Number("exitCode") != 0 || details.Flag("timedOut"));
        var result = StepText.ResultOf(step.Name, details) + (output.Flag("truncated") ? " (cut)" : "");
        StepLine(
            isError ? "✗" : isUneasy ? "!" : "✓",
            isError ? Tone.Bad : isUneasy ? Tone.Warn : Tone.Good,
            step,
            data,
            $"{step.Arguments}  {result}".TrimEnd());
        ShowOutput(step.Name, output, details, isError);
    }

    private static bool IsCode(string tool) => tool is "shell" or "python" or "node";

    private void ShowOutput(string tool, JsonElement output, JsonElement details, bool isError)
    {
        if (IsCode(tool) && details.ValueKind == JsonValueKind.Object)
        {
            _output.Show(details.Text("stdout"));
            _output.Show(details.Text("stderr"));
        }
        else if (details.Text("diff") is { Length: > 0 } diff)
        {
            DiffText.Show(screen, diff, "    ", isFull ? int.MaxValue : DiffLinesMax);
        }
        else if (isError || isFull)
        {
            _output.Show(output.Text("text"));
        }
    }

    private void Fail(RunEvent happened)
    {
        EndModelText();
        var step = Take(happened.Data.Text("step") ?? "");
        var fault = happened.Data.Fault();
        StepLine("✗", Tone.Bad, step, happened.Data, step.Arguments);
        screen.Line($"    {PlainText.LineOf(fault.Message)} ({PlainText.LineOf(fault.Code)})", Tone.Bad);
    }

    private void StepLine(string icon, Tone tone, StepInProgress step, JsonElement data, string text) => screen.Line(
        ($"{icon} ", tone),
        ($"{step.Name,-12} ", Tone.Bold),
        ($"{Format.Duration(TimeSpan.FromMilliseconds(data.Number("durationMs"))),7}  ", Tone.Dim),
        (PlainText.LineOf(text), Tone.Plain));

    private void ShowDoubt(JsonElement data)
    {
        _inProgress.Remove(data.Text("step") ?? "");
        Note($"nobody knows whether step {data.Text("step")} took place: {data.Text("reason")}", "?", Tone.Warn);
        screen.Line("    Find out, then: codexos resolve RUN STEP --retry (do it again)", Tone.Dim);
        screen.Line("                    codexos resolve RUN STEP --took-place OUTPUT (it is done)", Tone.Dim);
        screen.Line("                    codexos resolve RUN STEP --undo (take it back)", Tone.Dim);
        screen.Line("                    codexos resolve RUN STEP --failed (go on without)", Tone.Dim);
    }

    private void ShowApproval(JsonElement data)
    {
        // A step that is denied fails without having been started; this is where its tool is named.
        _asked[data.Text("step") ?? ""] = PlainText.LineOf(data.Text("tool"));
        var isQuestion = data.Member("question").ValueKind is JsonValueKind.Object;
        Note($"{(isQuestion ? "answer" : "approval")} wanted: {data.Text("title") ?? data.Text("tool")}", "?", Tone.Warn);
        if (data.Member("preview").Text("diff") is { Length: > 0 } diff)
            DiffText.Show(screen, diff, "    ", isFull ? int.MaxValue : DiffLinesMax);
        var call = $"{data.Text("tool")} {data.Member("arguments")}";
        screen.Line($"    {PlainText.LineOf(call)}", Tone.Dim);
    }

    // Pieces can be lost, and what is not a terminal keeps what it gets: it is given whole texts only. Output of a tool
    // is shown when the tool has ended; until then its newest line stands in the status line.
    private void ShowDelta(DeltaUpdate delta)
    {
        if (!screen.IsTerminal) return;
        if (_inProgress.TryGetValue(delta.Step, out var step) && !step.IsModel)
        {
            step.Take(delta.Text);
            return;
        }

        if (_modelText is not null && _modelText.Step != delta.Step) EndModelText();
        (_modelText ??= new ModelText(screen, delta.Step)).Add(delta.Text, delta.Offset);
    }

    private void EndModelText(string? whole = null, string? step = null)
    {
        if (whole is not null && step is not null && (_modelText is null || _modelText.Step != step))
        {
            _modelText?.End();
            _modelText = new ModelText(screen, step);
        }

        _modelText?.End(whole);
        _modelText = null;
    }

    private void Note(string text, string icon, Tone tone)
    {
        EndModelText();
        screen.Line($"{icon} {PlainText.LineOf(text)}", tone);
    }

    private StepInProgress Take(string step) => _inProgress.Remove(step, out var known)
        ? known
        : new StepInProgress(0, default, false, PlainText.LineOf(_asked.GetValueOrDefault(step, step)), "");

    private static string TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => "",
        JsonValueKind.String => PlainText.Of(value.GetString()).Trim(),
        JsonValueKind.Object when (value.Text("text") ?? value.Text("input") ?? value.Text("task")) is { } text =>
            PlainText.Of(text).Trim(),
        _ => PlainText.LineOf(value.ToString()),
    };

    private sealed record StepInProgress(
        long Seq, DateTimeOffset StartedAt, bool IsModel, string Name, string Arguments)
    {
        private readonly PlainText _plain = new();

        /// <summary>The newest line of its output.</summary>
        public string Output { get; private set; } = "";

        public void Take(string piece)
        {
            var lines = _plain.Next(piece).Split('\n');
            Output = lines.LastOrDefault(line => !string.IsNullOrWhiteSpace(line))?.Trim() ?? Output;
        }
    }
}
