using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Gate;

namespace CodexOS.Tests.Tools;

/// <summary>A gate over four tools, and calls to put before it.</summary>
internal static class GateCase
{
    public static readonly TimeSpan ApprovalTimeMax = TimeSpan.FromHours(1);

    public static readonly WorkspaceId Workspace = WorkspaceId.New(Clocks.AtNoon());

    public static ToolCatalogue Catalogue { get; } =
        new([TestTool.Read, TestTool.Commit, TestTool.Add, TestTool.KnowledgeSearch]);

    public static ToolGate Gate { get; } = new(Catalogue, new GrantReader(), ApprovalTimeMax);

    public static ToolGrant Grant(string tool, ApprovalMode approval = ApprovalMode.Default, string rules = "{}") =>
        new(tool, approval, JsonElement.Parse(rules).EnumerateObject()
            .ToImmutableDictionary(static rule => rule.Name, static rule => rule.Value));

    public static JsonElement GrantOf(WorkspaceId? workspace, params ToolGrant[] tools) =>
        JsonSerializer.SerializeToElement(new RunGrant([.. tools], "scripted:x", workspace), Json.Options);

    public static EffectCall Call(
        string tool, string arguments, JsonElement grant, ApprovalOutcome? approval = null) => new(
        RunId.New(Clocks.AtNoon()),
        TenantId.New(Clocks.AtNoon()),
        $"1.{tool}.1",
        1,
        JsonElement.Parse(
            $$"""{ "tool": {{JsonSerializer.Serialize(tool)}}, "callId": "c1", "arguments": {{arguments}} }"""),
        grant)
        {
            Approval = approval,
            Prepared = CallContext.Empty,
        };

    public static string? Refusal(this GateVerdict verdict) => (verdict as GateVerdict.Refuse)?.Fault.Code;
}
