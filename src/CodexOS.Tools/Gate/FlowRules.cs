using System.Buffers;
using System.Text.Json;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Labels;
using CodexOS.Tools.Output;

namespace CodexOS.Tools.Gate;

/// <summary>A rule that a call breaks, and why, in words for the person who is asked and the model that is refused.</summary>
/// <param name="Code">The rule's stable code.</param>
/// <param name="Action">What the policy makes of it.</param>
/// <param name="Why">The reason; it names arguments and steps, never a value.</param>
internal sealed record Finding(string Code, RuleAction Action, string Why);

/// <summary>
/// The rules about where data comes from and where it goes: pure code over contract, arguments, labels and policy, in a
/// fixed order.
/// <list type="number">
/// <item>(a) What has consequences needs a trusted context or trusted key arguments.</item>
/// <item>(b) Who receives content must be among its readers.</item>
/// <item>(c) Private data, untrusted content and a way out do not come together in one run unseen.</item>
/// <item>Links and images in what goes out are on a list, or from somebody trusted.</item>
/// </list>
/// </summary>
internal sealed class FlowRules
{
    public const string UntrustedAction = "tools.untrusted_action";
    public const string Disclosure = "tools.not_a_reader";
    public const string Trifecta = "tools.trifecta";
    public const string UnknownLink = "tools.unknown_link";
    public const string RemoteImage = "tools.remote_image";

    private static readonly SearchValues<char> s_separators = SearchValues.Create(" ,;<>\"\n");

    private readonly ToolContract _tool;
    private readonly JsonElement _arguments;
    private readonly CallContext _context;
    private readonly Policy _policy;
    private readonly Provenance _provenance;
    private List<Finding>? _findings;

    private FlowRules(ToolContract tool, JsonElement arguments, CallContext context, Policy policy) =>
        (_tool, _arguments, _context, _policy, _provenance) = (tool, arguments, context, policy, new Provenance(context));

    /// <summary>The rules that a call breaks, in their order; null if it breaks none.</summary>
    public static List<Finding>? Judge(ToolContract tool, JsonElement arguments, CallContext context, Policy policy)
    {
        var rules = new FlowRules(tool, arguments, context, policy);
        if (tool.IsConsequential) rules.JudgeAction();
        if (!tool.IsOutgoing) return rules._findings;
        rules.JudgeReaders();
        rules.JudgeTrifecta();
        rules.JudgeLinks();
        return rules._findings;
    }

    /// <summary>(a)</summary>
    private void JudgeAction()
    {
        if (_context.Data >= _policy.TrustedFrom) return;
        var hasKeys = false;
        foreach (var (name, role) in _tool.Arguments)
        {
            if (role is not (ArgumentRole.Key or ArgumentRole.Recipient or ArgumentRole.Destination)) continue;
            if (!_arguments.TryGetProperty(name, out var value)) continue;
            // What says nothing, or only yes or no, is nobody's choice of a key.
            hasKeys |= Leaves(value).Any(static leaf => leaf.ValueKind is JsonValueKind.String or JsonValueKind.Number);
            if (IsTrusted(value, role) || IsFollowed(value, role)) continue;
            Found(UntrustedAction, _policy.UntrustedAction,
                $"{_tool.Name} {Consequence()}, and its argument '{name}' came from {_provenance.OriginOf(value)}");
            return;
        }

        // Who gets to know what a tool without addresses looks up is said by its audience, which the next rule reads.
        if (_tool is { Effect: EffectClass.Read, Audience: not null }) return;
        if (hasKeys || (_policy.ClosedValuesKeepTrust && _context.Control >= _policy.TrustedFrom)) return;
        Found(UntrustedAction, _policy.UntrustedAction,
            $"{_tool.Name} {Consequence()}, and the model had read "
            + Provenance.Words(_context.Data, _context.UntrustedOrigin));
    }

    /// <summary>(b)</summary>
    private void JudgeReaders()
    {
        if (_context.Readers.IsEveryone) return;
        var readers = Readers.Everyone;
        foreach (var argument in _arguments.EnumerateObject())
        {
            if (RoleOf(argument.Name) is ArgumentRole.Content or ArgumentRole.Destination)
                readers = readers.Join(_provenance.ReadersOf(argument.Value));
        }

        if (readers.IsEveryone) return;
        if (_tool.Audience is { } audience && !readers.CoversAll(audience))
        {
            Found(Disclosure, _policy.Disclosure,
                $"{_tool.Name} is seen by {audience}, and the content includes data of {_context.PrivateOrigin} that only "
                + $"{readers} may read");
            return;
        }

        var named = false;
        foreach (var (name, role) in _tool.Arguments)
        {
            if (role is not (ArgumentRole.Recipient or ArgumentRole.Destination)
                || !_arguments.TryGetProperty(name, out var value)) continue;
            named = true;
            if (Leaves(value).All(leaf => MayRead(leaf, role, readers))) continue;
            Found(Disclosure, _policy.Disclosure,
                $"the content includes data of {_context.PrivateOrigin} that only {readers} may read, and '{name}' names "
                + "somebody else");
            return;
        }

        if (!named && _tool.Audience is null)
        {
            Found(Disclosure, _policy.Disclosure,
                $"nobody knows who reads what {_tool.Name} is given, and it includes data of {_context.PrivateOrigin} that "
                + $"only {readers} may read");
        }
    }

    /// <summary>(c)</summary>
    private void JudgeTrifecta()
    {
        var control = _policy.ClosedValuesKeepTrust ? _context.Control : _context.Data;
        if (_context.Readers.IsEveryone || control >= _policy.TrustedFrom) return;
        var named = false;
        foreach (var (name, role) in _tool.Arguments)
        {
            if (role is not (ArgumentRole.Recipient or ArgumentRole.Destination)
                || !_arguments.TryGetProperty(name, out var value)) continue;
            named = true;
            if (IsTrusted(value, role) || Leaves(value).All(leaf => IsNamedReader(leaf))) continue;
            FoundTrifecta($"'{name}' of {_tool.Name} is a way out that neither the user nor a list named");
            return;
        }

        if (!named && (_tool.Audience is null || !_context.Readers.CoversAll(_tool.Audience)))
            FoundTrifecta($"{_tool.Name} is a way out");
    }

    private void FoundTrifecta(string way) => Found(Trifecta, _policy.Trifecta,
        $"the run has read private data ({_context.PrivateOrigin}) and "
        + $"{Provenance.Words(_context.Control, _context.UntrustedOrigin)}, and {way}");

    private void JudgeLinks()
    {
        foreach (var argument in _arguments.EnumerateObject())
        {
            if (RoleOf(argument.Name) is not ArgumentRole.Content) continue;
            foreach (var leaf in Leaves(argument.Value))
            {
                if (leaf.ValueKind is not JsonValueKind.String) continue;
                foreach (var link in Links.In(leaf.GetString()!))
                {
                    if (Links.IsListed(_policy.Hosts, link.Host)) continue;
                    if (link.IsImage)
                    {
                        Found(RemoteImage, RuleAction.Refuse,
                            $"'{argument.Name}' holds an image that would be fetched from elsewhere when it is shown");
                        return;
                    }

                    if (_context.Data >= _policy.TrustedFrom || IsTrustedText(link.Url)) continue;
                    Found(UnknownLink, _policy.UnknownLink,
                        $"'{argument.Name}' holds a link that neither the user nor a list named");
                    return;
                }
            }
        }
    }

    private bool IsTrusted(JsonElement value, ArgumentRole role) =>
        Leaves(value).All(leaf => _provenance.IntegrityOf(leaf) >= _policy.TrustedFrom || IsListed(leaf, role));

    /// <summary>
    /// Whether a read only follows an address as it stands in public content, in a run that has read nothing private: the
    /// address then tells nobody anything. One that the model has put together might.
    /// </summary>
    private bool IsFollowed(JsonElement value, ArgumentRole role) =>
        role is ArgumentRole.Destination && _tool.Effect is EffectClass.Read && _context.Readers.IsEveryone
        && Leaves(value).All(_provenance.IsHeld);

    private bool IsTrustedText(string text) =>
        _provenance.IntegrityOf(JsonSerializer.SerializeToElement(text)) >= _policy.TrustedFrom;

    private bool IsListed(JsonElement leaf, ArgumentRole role)
    {
        if (leaf.ValueKind is not JsonValueKind.String) return false;
        var text = leaf.GetString()!;
        if (role is ArgumentRole.Destination) return Links.IsListed(_policy.Hosts, Links.HostOf(text));
        if (_policy.Recipients.IsDefaultOrEmpty || !TextForm.IsPlain(text)) return false;
        var form = TextForm.Normal(text);
        // One address: what could be read as several is nobody's.
        return !form.AsSpan().ContainsAny(s_separators)
            && _policy.Recipients.Any(pattern => ArgumentRules.Matches(pattern, form));
    }

    private bool MayRead(JsonElement leaf, ArgumentRole role, Readers readers)
    {
        if (leaf.ValueKind is not JsonValueKind.String) return leaf.ValueKind is JsonValueKind.Null;
        return readers.Covers(TextForm.Normal(leaf.GetString()!))
            || (readers.Covers(Readers.TenantWord) && IsListed(leaf, role))
            || (_policy.UsersMayDisclose && readers.Covers(Readers.OwnerWord)
                && _provenance.IntegrityOf(leaf) >= Integrity.User);
    }

    private bool IsNamedReader(JsonElement leaf) => leaf.ValueKind is JsonValueKind.Null
        || (leaf.ValueKind is JsonValueKind.String && _context.Readers.Covers(TextForm.Normal(leaf.GetString()!)));

    private ArgumentRole RoleOf(string name)
    {
        foreach (var meaning in _tool.Arguments)
        {
            if (meaning.Argument == name) return meaning.Role;
        }

        return ArgumentRole.Content;
    }

    private string Consequence() => _tool.IsOutgoing ? "reaches others"
        : _tool.Effect is EffectClass.Irreversible ? "cannot be undone" : "has consequences";

    private void Found(string code, RuleAction action, string why) => (_findings ??= []).Add(new Finding(code, action, why));

    private static IEnumerable<JsonElement> Leaves(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => value.EnumerateArray().SelectMany(Leaves),
        JsonValueKind.Object => value.EnumerateObject().SelectMany(static member => Leaves(member.Value)),
        _ => [value],
    };
}
