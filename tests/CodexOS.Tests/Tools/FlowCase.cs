using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tests.Tools;

/// <summary>A mail tool, a page tool and a payment, and contexts to call them in.</summary>
internal static class FlowCase
{
    public static readonly Label User = new(Integrity.User, Readers.Everyone);
    public static readonly Label Page = new(Integrity.Web, Readers.Everyone);
    public static readonly Label Mail = new(Integrity.Web, Readers.Owner);
    public static readonly Label Contacts = new(Integrity.Tenant, Readers.Owner);

    public static GateParts Parts { get; } = new(
        new Toolbox(new World())
            .Does("send_mail", "to[]* body*", EffectClass.Irreversible, null, Toolbox.To("to"))
            .Does("pay", "iban* amount#*", EffectClass.Irreversible, null, Toolbox.Key("iban"), Toolbox.Key("amount"))
            .Does("purge", "", EffectClass.Irreversible)
            .Does("note", "text*", EffectClass.Reversible)
            .Reads("open", "url*", Integrity.Web, Readers.Everyone, static (_, _) => "", null, Toolbox.At("url"))
            .Tools,
        Clocks.AtNoon());

    public static CallContext After(params (Label Label, string Text)[] values) => values.Aggregate(
        CallContext.Empty,
        static (context, value) => context.Read(new LabelledValue(
            $"step {context.Values.Trusted.Count + context.Values.Others.Count}", value.Text, value.Label)));

    public static EffectCall Call(
        string tool, string arguments, CallContext? context, Policy? policy = null, ApprovalMode approval = ApprovalMode.Default,
        ApprovalOutcome? given = null) => new(
        RunId.New(Clocks.AtNoon()), TenantId.New(Clocks.AtNoon()), $"1.{tool}.1", 1,
        JsonElement.Parse($$"""{ "tool": "{{tool}}", "callId": "c", "arguments": {{arguments}} }"""),
        JsonSerializer.SerializeToElement(
            new RunGrant([new ToolGrant(tool, approval, ImmutableDictionary<string, JsonElement>.Empty)], null, null)
            {
                Policy = new PinnedPolicy(1, "", policy ?? Policy.Default),
            },
            Json.Options))
        {
            Prepared = context,
            Approval = given,
        };

    public static GateVerdict Judge(string tool, string arguments, CallContext? context, Policy? policy = null) =>
        Parts.Gate.Judge(Call(tool, arguments, context, policy));

    /// <summary><c>allow</c>, or <c>ask</c> or <c>refuse</c> with the codes of the rules.</summary>
    public static string Words(this GateVerdict verdict) => verdict switch
    {
        GateVerdict.Allow => "allow",
        GateVerdict.Ask ask => $"ask {string.Join(' ', (ask.Why ?? "").Split('(', ')').Where(static it => it.StartsWith("tools.", StringComparison.Ordinal)))}".Trim(),
        GateVerdict.Refuse refuse => $"refuse {refuse.Fault.Code}",
        _ => "",
    };
}
