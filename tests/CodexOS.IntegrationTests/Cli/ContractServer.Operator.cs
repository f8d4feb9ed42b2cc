using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>The part of the contract by which operators set rules, act on many runs and take files home.</summary>
internal sealed partial class ContractServer
{
    /// <summary>What operators sent: method, path and body.</summary>
    public List<(string Call, string Body)> Operated { get; } = [];

    /// <summary>How many runs match any bulk filter.</summary>
    public int BulkCount { get; set; } = 2;

    /// <summary>What an export's archive holds.</summary>
    public byte[] Archive { get; } = Encoding.UTF8.GetBytes("a packed workspace");

    /// <summary>The version of the policy that holds; 0 where none was applied.</summary>
    public int PolicyVersion { get; set; }

    /// <summary>What a trial of a policy says.</summary>
    public JsonArray Verdicts { get; } = [];

    private static bool IsOperators(string path) => path is "/policy" or "/policy/test" or "/runs/bulk"
        || path.StartsWith("/standing-approvals", StringComparison.Ordinal)
        || path.Contains("/exports", StringComparison.Ordinal)
        || path is "/workspaces/wsp_1/patch" or "/workspaces/wsp_1/bundle";

    private async Task OperateAsync(HttpContext context, string path)
    {
        using var reader = new StreamReader(context.Request.Body);
        var body = await reader.ReadToEndAsync();
        var call = $"{context.Request.Method} {path}";
        lock (_lock) Operated.Add((call, body));
        switch (call)
        {
            case "GET /policy":
                await WriteAsync(context, 200, Policy(changed: false));
                return;
            case "PUT /policy":
                if (body.Contains("typo", StringComparison.Ordinal))
                {
                    await WriteProblemAsync(context, 400, Problem("agents.invalid_policy", "'typo' is not a field of a policy."));
                    return;
                }

                var isNew = !body.Contains("same", StringComparison.Ordinal);
                if (isNew) PolicyVersion++;
                await WriteAsync(context, 200, Policy(isNew));
                return;
            case "POST /policy/test":
                var failed = Verdicts.Count(static verdict => !(bool)verdict!["asExpected"]!);
                await WriteAsync(context, 200, new JsonObject { ["items"] = Verdicts.DeepClone(), ["failedCount"] = failed });
                return;
            case "GET /standing-approvals":
                var isFirst = !context.Request.Query.ContainsKey("cursor");
                await WriteAsync(context, 200, new JsonObject
                {
                    ["items"] = new JsonArray(Standing(isFirst ? "sap_2" : "sap_1", isOpen: isFirst)),
                    ["nextCursor"] = isFirst ? "more" : null,
                });
                return;
            case "POST /standing-approvals":
                await WriteAsync(context, 201, Standing("sap_3", isOpen: true));
                return;
            case "DELETE /standing-approvals/sap_3":
                await WriteAsync(context, 200, Standing("sap_3", isOpen: false));
                return;
            case "GET /workspaces/wsp_1/patch" or "GET /workspaces/wsp_1/bundle":
                await context.Response.Body.WriteAsync(Archive);
                return;
            case "POST /runs/bulk":
                await BulkAsync(context, (JsonObject)JsonNode.Parse(body)!);
                return;
            case "POST /workspaces/wsp_1/exports":
                IdempotencyKeys = [.. IdempotencyKeys, (string?)context.Request.Headers["Idempotency-Key"] ?? ""];
                await WriteAsync(context, 202, Journal.Run());
                return;
            case var _ when call == $"GET /workspaces/exports/{Journal.RunId}/file":
                await context.Response.Body.WriteAsync(Archive);
                return;
            default:
                await WriteProblemAsync(context, 404, Problem("platform.not_found", $"There is no {path}."));
                return;
        }
    }

    private Task BulkAsync(HttpContext context, JsonObject body)
    {
        if ((bool)body["dryRun"]!)
        {
            var ids = Enumerable.Range(1, Math.Min(BulkCount, 100)).Select(static i => (JsonNode?)JsonValue.Create($"run_{i:x32}"));
            return WriteAsync(context, 200, new JsonObject { ["count"] = BulkCount, ["ids"] = new JsonArray([.. ids]) });
        }

        return WriteAsync(context, 202, Journal.Run());
    }

    private JsonObject Policy(bool changed) => new()
    {
        ["version"] = PolicyVersion,
        ["text"] = PolicyVersion == 0 ? "" : "ask: always\n",
        ["digest"] = "00",
        ["rules"] = new JsonObject(),
        ["createdAt"] = PolicyVersion == 0 ? null : "2026-01-01T00:00:00Z",
        ["createdBy"] = "usr_1",
        ["changed"] = changed,
    };

    private static JsonObject Standing(string id, bool isOpen) => new()
    {
        ["id"] = id,
        ["agent"] = "fixer",
        ["tool"] = "git_commit",
        ["arguments"] = new JsonObject { ["message"] = "fix *" },
        ["usesMax"] = 5,
        ["uses"] = 1,
        ["createdAt"] = "2026-01-01T00:00:00Z",
        ["expiresAt"] = "2126-01-02T00:00:00Z",
        ["createdBy"] = "ada",
        ["isOpen"] = isOpen,
        ["revokedAt"] = isOpen ? null : "2026-01-01T01:00:00Z",
    };
}
