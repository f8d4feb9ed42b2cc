namespace CodexOS.Client.Contracts;

/// <summary>An entry of the audit log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Index">Its number in the log, from 0 without gaps.</param>
/// <param name="At">When it happened.</param>
/// <param name="Action">What was done, for instance <c>agents.apply</c>.</param>
/// <param name="Outcome">How it ended: <c>done</c>, <c>denied</c> or <c>failed</c>.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Details">Further facts.</param>
/// <param name="Personal">Facts about a person; null where they were erased.</param>
/// <param name="Resource">What it was done to, where there is such a thing.</param>
public sealed record AuditRecord(
    string Id,
    long Index,
    DateTimeOffset At,
    string Action,
    string Outcome,
    AuditActor Actor,
    IReadOnlyDictionary<string, string> Details,
    IReadOnlyDictionary<string, string?> Personal,
    AuditResource? Resource = null);

/// <summary>Who did something.</summary>
/// <param name="Kind">What kind of actor, for instance <c>user</c>.</param>
/// <param name="Id">Which one.</param>
public sealed record AuditActor(string Kind, string Id);

/// <summary>What something was done to.</summary>
/// <param name="Type">The kind of thing.</param>
/// <param name="Id">Which one.</param>
public sealed record AuditResource(string Type, string Id);

/// <summary>Which entries are looked for; what is null does not matter.</summary>
/// <param name="Action">An action, or the beginning of several, as in <c>agents.*</c>.</param>
/// <param name="Actor">The actor's id.</param>
/// <param name="Resource">A type, or a type and an id, as in <c>agent:helper</c>.</param>
/// <param name="Outcome">An outcome.</param>
/// <param name="From">From when.</param>
/// <param name="To">Until when, that instant excluded.</param>
public sealed record AuditFilter(
    string? Action = null,
    string? Actor = null,
    string? Resource = null,
    string? Outcome = null,
    DateTimeOffset? From = null,
    DateTimeOffset? To = null);

/// <summary>The log as a whole.</summary>
/// <param name="Origin">How it is called in its checkpoints.</param>
/// <param name="VerifierKey">What its signatures are checked with, as <c>name+id+key</c>.</param>
/// <param name="Size">How many entries it has.</param>
/// <param name="Root">The root of the tree over them, in base64.</param>
/// <param name="SignedSize">How many of them the newest checkpoint covers.</param>
public sealed record AuditLogState(string Origin, string VerifierKey, long Size, string Root, long SignedSize);

/// <summary>What a verification of the log came to.</summary>
/// <param name="Intact">Whether nothing was found wrong.</param>
/// <param name="Entries">How many entries were read.</param>
/// <param name="Root">The root of the tree over them, in base64.</param>
/// <param name="Checkpoints">How many checkpoints the log was held against.</param>
/// <param name="Copies">How many of these came from outside of the database.</param>
/// <param name="Findings">What is wrong; of very many, the first.</param>
public sealed record AuditReport(
    bool Intact, long Entries, string Root, long Checkpoints, long Copies, IReadOnlyList<AuditFinding> Findings);

/// <summary>Something that is wrong with the log.</summary>
/// <param name="Kind">What kind of damage, for instance <c>entryChanged</c>.</param>
/// <param name="Index">The entry, or the size of the log, that it shows at.</param>
/// <param name="Source">Where what contradicts the log comes from.</param>
/// <param name="Message">What was found, in a sentence.</param>
public sealed record AuditFinding(string Kind, long Index, string Source, string Message);

/// <summary>What the log is to be held against.</summary>
internal sealed record VerifyAuditBody(IReadOnlyList<string> Checkpoints);
