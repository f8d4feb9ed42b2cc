using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Gate;

/// <summary>A run's grant, ready to be asked.</summary>
/// <param name="Tools">The tools it may call, by name.</param>
/// <param name="Workspace">The file workspace it may work on.</param>
/// <param name="Knowledge">The knowledge bases that it may search, by name.</param>
/// <param name="Egress">What of the network it may reach.</param>
/// <param name="Policy">The policy that it was started with.</param>
internal sealed record ReadGrant(
    FrozenDictionary<string, ToolGrant> Tools, WorkspaceId? Workspace, ImmutableArray<string> Knowledge, EgressGrant Egress,
    Policy Policy);

/// <summary>
/// Reads grants, and remembers them by the hash of their bytes: every call of a run carries the same grant, and the
/// gate has a tenth of a millisecond.
/// </summary>
internal sealed class GrantReader
{
    private const int RememberedMax = 2_048;

    private readonly ConcurrentDictionary<string, ReadGrant> _remembered = new(StringComparer.Ordinal);

    /// <summary>The grant, or null if it cannot be read: then nothing is granted.</summary>
    public ReadGrant? Read(JsonElement grant)
    {
        if (grant.ValueKind is not JsonValueKind.Object) return null;
        var hash = Convert.ToHexString(SHA256.HashData(JsonMarshal.GetRawUtf8Value(grant)));
        if (_remembered.TryGetValue(hash, out var known)) return known;
        if (Parse(grant) is not { } read) return null;
        if (_remembered.Count >= RememberedMax) _remembered.Clear();
        _remembered[hash] = read;
        return read;
    }

    private static ReadGrant? Parse(JsonElement grant)
    {
        try
        {
            var parsed = grant.Deserialize<RunGrant>(Json.Options);
            if (parsed is null) return null;
            var tools = new Dictionary<string, ToolGrant>(StringComparer.Ordinal);
            foreach (var tool in parsed.Tools.IsDefault ? [] : parsed.Tools)
            {
                // Two grants of one tool have no single meaning.
                if (tool?.Name is null || !tools.TryAdd(tool.Name, tool)) return null;
            }

            // A policy that is there and says nothing has no meaning.
            if (parsed.Policy is { Rules: null }) return null;
            var (network, policy) = (parsed.Egress ?? EgressGrant.None, parsed.Policy?.Rules ?? Policy.Default);
            // A host that the author of the agent lists is one that its calls may name.
            if (!network.IsEmpty) policy = policy with { Hosts = [.. policy.Hosts, .. network.Rules.Select(rule => rule.Host)] };
            var knowledge = parsed.Knowledge is { IsDefault: false } bases ? bases : [];
            return new ReadGrant(
                tools.ToFrozenDictionary(StringComparer.Ordinal), parsed.Workspace, knowledge, network, policy);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
