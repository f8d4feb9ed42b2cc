using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The part of the contract by which people control a run and look at its past.</summary>
internal sealed partial class ContractServer
{
    /// <summary>What was asked of the run: the path below it, the body, and the idempotency key.</summary>
    public List<(string Path, JsonObject Body, string? Key)> Asked { get; } = [];

    /// <summary>The steps that a rollback undoes, and those that cannot be undone.</summary>
    public string[] Undo { get; set; } = ["t3", "t2"];

    public string[] Irreversible { get; set; } = [];

    /// <summary>The run's states by event.</summary>
    public Dictionary<int, JsonObject> States { get; } = [];

    public JsonArray Checkpoints { get; } = [];

    private async Task ControlAsync(HttpContext context, string path)
    {
        var body = context.Request.ContentLength is > 0 ? await BodyAsync(context) : [];
        lock (_lock) Asked.Add((path, body, context.Request.Headers["Idempotency-Key"]));
        switch (path)
        {
            case "rollback":
                await WriteAsync(context, 200, Plan(body));
                return;
            case "fork":
                var fork = Journal.Run();
                fork["id"] = "run_0198c0ffee1270008000000000000002";
                fork["forkedFrom"] = Journal.RunId;
                fork["forkSeq"] = body["seq"]?.DeepClone();
                await WriteAsync(context, 202, fork);
                return;
            case "pause":
                Journal.Status = "paused";
                break;
            case "resume" or "retry":
                Journal.Status = "running";
                break;
        }

        await WriteAsync(context, path.EndsWith("/resolve", StringComparison.Ordinal) ? 200 : 202, Journal.Run());
    }

    private Task StateAsync(HttpContext context)
    {
        var seq = int.TryParse(context.Request.Query["seq"], out var asked) ? asked : States.Keys.Max();
        return States.TryGetValue(seq, out var state)
            ? WriteAsync(context, 200, state.DeepClone())
            : WriteProblemAsync(context, 400, Problem("runs.beyond_head", $"There is no event {seq}."));
    }

    /// <summary>Gives the run a state with a step in some phase and what its program shows.</summary>
    public void Stood(int seq, string phase, JsonNode program) => States[seq] = new JsonObject
    {
        ["runId"] = Journal.RunId,
        ["seq"] = seq,
        ["at"] = "2026-01-01T00:00:00Z",
        ["counts"] = true,
        ["status"] = "running",
        ["stepsCount"] = 1,
        ["tokensIn"] = 10,
        ["tokensOut"] = 2,
        ["costMicroUsd"] = 0,
        ["steps"] = new JsonArray(new JsonObject
        {
            ["step"] = "t1",
            ["occurrence"] = 1,
            ["phase"] = phase,
            ["faultCode"] = null,
        }),
        ["signals"] = 0,
        ["program"] = program,
    };

    private JsonObject Plan(JsonObject body)
    {
        var isDry = (bool)body["dryRun"]!;
        return new JsonObject
        {
            ["toSeq"] = body["toSeq"]?.DeepClone(),
            ["undo"] = Steps(Undo),
            ["irreversible"] = Steps(Irreversible),
            ["run"] = isDry ? null : Journal.Run(),
        };
    }

    private static JsonArray Steps(string[] steps) => new([.. steps.Select(step => new JsonObject
    {
        ["step"] = step,
        ["occurrence"] = 1,
        ["effect"] = "tool.call",
    })]);
}
