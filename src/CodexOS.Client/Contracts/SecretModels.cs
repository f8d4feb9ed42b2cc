namespace CodexOS.Client.Contracts;

/// <summary>A secret without its value.</summary>
/// <param name="Name">What definitions name it by.</param>
/// <param name="Hosts">The only hosts that it goes to.</param>
/// <param name="Header">The header that carries it.</param>
/// <param name="Prefix">What stands before it in the header.</param>
/// <param name="AllowPlainHttp">Whether it may go over plain HTTP.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="CreatedAt">When it was first set.</param>
/// <param name="CreatedBy">Who set it first.</param>
/// <param name="ChangedAt">When it was last set.</param>
/// <param name="ChangedBy">Who set it last.</param>
public sealed record SecretSummary(
    string Name,
    IReadOnlyList<string> Hosts,
    string Header,
    string Prefix,
    bool AllowPlainHttp,
    int Revision,
    DateTimeOffset CreatedAt,
    string CreatedBy,
    DateTimeOffset ChangedAt,
    string ChangedBy);

/// <summary>A secret to keep, and where it may go.</summary>
/// <param name="Value">The secret.</param>
/// <param name="Hosts">The only hosts that it goes to; without any it goes nowhere.</param>
/// <param name="Header">The header that carries it; <c>Authorization</c> if null.</param>
/// <param name="Prefix">What stands before it in the header; <c>Bearer </c> if null.</param>
/// <param name="AllowPlainHttp">Whether it may also go over plain HTTP.</param>
public sealed record SetSecret(
    string Value, IReadOnlyList<string>? Hosts = null, string? Header = null, string? Prefix = null, bool AllowPlainHttp = false)
{
    /// <summary>Without the secret.</summary>
    public override string ToString() => nameof(SetSecret);
}

/// <summary>A secret with its value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The secret.</param>
public sealed record RevealedSecret(string Name, string Value)
{
    /// <summary>The name only.</summary>
    public override string ToString() => $"{Name}: ***";
}

/// <summary>One version of an encryption key; never the key itself.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Purpose">What it is for.</param>
/// <param name="Version">Its number, from 1.</param>
/// <param name="Status"><c>active</c>, <c>retiring</c>, <c>retired</c> or <c>destroyed</c>.</param>
/// <param name="Uses">How many values, or keys, are under it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="ChangedAt">When its status last changed.</param>
/// <param name="Subject">Whose key it is, of a person's.</param>
public sealed record KeyVersion(
    string Id,
    string Purpose,
    int Version,
    string Status,
    long Uses,
    DateTimeOffset CreatedAt,
    DateTimeOffset ChangedAt,
    string? Subject = null);

/// <summary>A rotation of the encryption keys.</summary>
/// <param name="RunId">The run that does it, or did.</param>
/// <param name="StartedBy">Who asked for it.</param>
/// <param name="StartedAt">When it began.</param>
/// <param name="EndedAt">When it was done, or given up for the next one.</param>
/// <param name="Report">What it came to; null if it has not come to its end.</param>
public sealed record KeyRotation(
    string RunId, string StartedBy, DateTimeOffset StartedAt, DateTimeOffset? EndedAt, KeyRotationReport? Report);

/// <summary>What a rotation of keys came to.</summary>
/// <param name="Before">The versions that were replaced.</param>
/// <param name="After">The versions that wrap and seal now.</param>
/// <param name="KeysWrapped">How many keys were wrapped anew.</param>
/// <param name="ValuesSealed">How many values were sealed anew.</param>
/// <param name="ValuesUnreadable">How many could not be opened, and stay under their old key.</param>
/// <param name="KeysRetired">How many old versions were retired at once.</param>
/// <param name="Tables">The tables whose values were sealed anew.</param>
public sealed record KeyRotationReport(
    KeyVersions Before, KeyVersions After, int KeysWrapped, long ValuesSealed, long ValuesUnreadable, int KeysRetired,
    IReadOnlyList<ResealedTable> Tables);

/// <summary>The versions of a tenant's keys.</summary>
/// <param name="Tenant">Of the key that wraps the others.</param>
/// <param name="Data">Of the key that seals.</param>
public sealed record KeyVersions(int Tenant, int Data);

/// <summary>A table whose values were sealed anew.</summary>
/// <param name="Table">Its name.</param>
/// <param name="Values">How many values were under an old key.</param>
/// <param name="Sealed">How many of them are not any more.</param>
/// <param name="Unreadable">How many could not be opened.</param>
public sealed record ResealedTable(string Table, long Values, long Sealed, long Unreadable);
