using System.ComponentModel.DataAnnotations;
using CodexOS.Trust.Contracts;

namespace CodexOS.Trust.Audit;

/// <summary>An entry of the audit log.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Index">Its number in the tenant's log, from 0 without gaps.</param>
/// <param name="At">When it happened, in whole milliseconds.</param>
/// <param name="Action">What was done, for instance <c>agents.apply</c>.</param>
/// <param name="Outcome">How it ended.</param>
/// <param name="Actor">Who did it.</param>
/// <param name="Resource">What it was done to, where there is such a thing.</param>
/// <param name="Details">Further facts.</param>
/// <param name="Personal">Facts about a person; null where they were erased.</param>
public sealed record AuditRecord(
    AuditEntryId Id, long Index, DateTimeOffset At, string Action, AuditOutcome Outcome, AuditActor Actor,
    AuditResource? Resource, IReadOnlyDictionary<string, string> Details, IReadOnlyDictionary<string, string?> Personal);

/// <summary>What proves that an entry is in the log (RFC 6962, section 2.1.1).</summary>
/// <param name="Id">The entry.</param>
/// <param name="Index">Its number in the log.</param>
/// <param name="Leaf">The text whose UTF-8 bytes are the leaf.</param>
/// <param name="LeafHash">SHA-256 over a zero byte and the leaf, in base64.</param>
/// <param name="TreeSize">How many entries the log had when the checkpoint was signed.</param>
/// <param name="Hashes">The hashes that lead from the leaf to the root, in base64.</param>
/// <param name="Checkpoint">The signed note with the root.</param>
/// <param name="VerifierKey">What the note's signature is checked with.</param>
public sealed record AuditProof(
    AuditEntryId Id, long Index, string Leaf, string LeafHash, long TreeSize, IReadOnlyList<string> Hashes,
    string Checkpoint, string VerifierKey);

/// <summary>What proves that the log only grew between two sizes (RFC 6962, section 2.1.2).</summary>
/// <param name="From">The older size.</param>
/// <param name="To">The newer size.</param>
/// <param name="Hashes">The hashes, in base64.</param>
public sealed record AuditConsistency(long From, long To, IReadOnlyList<string> Hashes);

/// <summary>A signed statement of how far the log had come.</summary>
/// <param name="Size">How many entries it had.</param>
/// <param name="Root">The root of the tree over them, in base64.</param>
/// <param name="At">When it was signed.</param>
/// <param name="Note">The signed note, in the form of C2SP tlog-checkpoint.</param>
/// <param name="PublishedAt">When all places outside of the database had a copy; null until then.</param>
public sealed record AuditCheckpoint(long Size, string Root, DateTimeOffset At, string Note, DateTimeOffset? PublishedAt);

/// <summary>The tenant's log as a whole.</summary>
/// <param name="Origin">How it is called in its checkpoints.</param>
/// <param name="VerifierKey">What its signatures are checked with, as <c>name+id+key</c> of C2SP signed-note.</param>
/// <param name="Size">How many entries it has.</param>
/// <param name="Root">The root of the tree over them, in base64.</param>
/// <param name="SignedSize">How many of them the newest checkpoint covers.</param>
public sealed record AuditLogState(string Origin, string VerifierKey, long Size, string Root, long SignedSize);

/// <summary>What the log is to be held against.</summary>
/// <param name="Checkpoints">Copies of checkpoints that were kept elsewhere, as signed notes.</param>
public sealed record VerifyAuditRequest([property: MaxLength(100_000)] IReadOnlyList<string>? Checkpoints);

/// <summary>What a verification of the log came to.</summary>
/// <param name="Intact">Whether nothing was found wrong.</param>
/// <param name="Entries">How many entries were read.</param>
/// <param name="Root">The root of the tree over them, computed anew, in base64.</param>
/// <param name="Checkpoints">How many checkpoints the log was held against.</param>
/// <param name="Copies">How many of these came from outside of the database.</param>
/// <param name="Findings">What is wrong; of very many, the first.</param>
public sealed record AuditReport(
    bool Intact, long Entries, string Root, long Checkpoints, long Copies, IReadOnlyList<AuditFinding> Findings);

/// <summary>Something that is wrong with the log.</summary>
/// <param name="Kind">What kind of damage.</param>
/// <param name="Index">The entry, or the size of the log, that it shows at.</param>
/// <param name="Source">Where what contradicts the log comes from.</param>
/// <param name="Message">What was found, in a sentence.</param>
public sealed record AuditFinding(AuditFindingKind Kind, long Index, string Source, string Message);

/// <summary>How a log can be damaged.</summary>
public enum AuditFindingKind
{
    /// <summary>An entry is not what was recorded: it was edited, or changed places with another.</summary>
    EntryChanged,

    /// <summary>An entry is gone.</summary>
    EntryMissing,

    /// <summary>The end of the log is gone.</summary>
    LogTruncated,

    /// <summary>The stored hashes do not belong to the entries.</summary>
    TreeDamaged,

    /// <summary>The log is not the one that was signed: it was written anew.</summary>
    CheckpointContradicted,

    /// <summary>A checkpoint was not signed by this installation.</summary>
    CheckpointForged,

    /// <summary>A checkpoint is in one place and not in another that must have it.</summary>
    CheckpointMissing,

    /// <summary>A fact about a person is not the one that was recorded.</summary>
    PersonalChanged,

    /// <summary>A place that keeps copies could not be read.</summary>
    CopiesUnreadable,
}
