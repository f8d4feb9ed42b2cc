using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>
/// What the gate knows of a stranger's tool: what its kind says, and over it what an administrator says. What its source
/// claims counts for nothing.
/// </summary>
internal static partial class ConnectionContracts
{
    public const int OverridesMax = 500;

    /// <summary>A tool, ready to be judged and called. Null where an administrator has switched it off.</summary>
    /// <exception cref="InvalidOperationException">Its contract is malformed.</exception>
    public static ToolEntry? EntryOf(IConnectionKind kind, Connection connection, ToolDefinition definition)
    {
        var own = connection.Overrides.GetValueOrDefault(definition.Name);
        if (own is { Disabled: true }) return null;
        var known = kind.ContractOf(connection, definition);
        var effect = own?.Effect ?? known.Effect;
        var contract = known with
        {
            Effect = effect,
            // What was only read can be read again; said to do more, it is done once.
            Repeat = own?.Repeat ?? (effect is EffectClass.Read ? RepeatClass.Read
                : known.Repeat is RepeatClass.Read ? RepeatClass.Unsafe : known.Repeat),
            AsksByDefault = own?.Asks ?? (effect is not EffectClass.Read),
            Source = own?.Source ?? Integrity.Web,
            IsPinned = true,
        };
        return ToolEntry.Of(kind.ToolOf(connection, definition, contract));
    }

    /// <summary>What contradicts itself in what an administrator says; null if nothing does.</summary>
    public static Fault? Check(IReadOnlyDictionary<string, ToolOverride> overrides)
    {
        if (overrides.Count > OverridesMax) return Bad($"there are more than {OverridesMax}");
        foreach (var (name, own) in overrides)
        {
            if (!ToolNames.IsName(name)) return Bad("a name in it is not one of a tool");
            if (own is null) return Bad($"'{name}' says nothing");
            if (own.Repeat is RepeatClass.Transactional or RepeatClass.Queryable)
                return Bad($"'{name}': repeat can be read, keyed or unsafe; others' tools take part in no transaction and are not probed");
            if (own is { Repeat: RepeatClass.Read, Effect: not EffectClass.Read })
                return Bad($"'{name}': only what is said to have the effect read can be repeated as a read");
            if (own.Source >= Integrity.User) return Bad($"'{name}': source can be web, tool or tenant");
            if (own.IdempotencyHeader is { } header && !HeaderName().IsMatch(header))
                return Bad($"'{name}': the idempotency header is not the name of a header");
        }

        return null;
    }

    private static Fault Bad(string why) => new(
        "connections.bad_overrides", FaultKind.Invalid, $"What 'tools' says cannot be used: {why}. Change it.");

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9-]{0,63}$", RegexOptions.None, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex HeaderName();
}
