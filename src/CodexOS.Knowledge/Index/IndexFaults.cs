using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>The expected failures of an index.</summary>
internal static class IndexFaults
{
    public const string DamagedCode = "knowledge.index_damaged";

    public static Fault Damaged(string file, string why) => new(
        DamagedCode,
        FaultKind.Internal,
        $"The index cannot be used: in the file {file}, {why}. Build the index anew from the stored documents.");

    public static Fault OtherVersion(string file, int version) => new(
        DamagedCode,
        FaultKind.Internal,
        $"The index file {file} has the format version {version}, which this release does not read. Build the index anew.");

    public const string OtherEmbedderCode = "knowledge.embedder_mismatch";

    public static Fault OtherEmbedder(string stored, string given) => new(
        OtherEmbedderCode,
        FaultKind.Conflict,
        $"The vectors of this index were made by {stored}, and these by {given}. Vectors of different models cannot be compared: "
        + "have them all made by one of them.");

    public static Fault EmptyQuery { get; } = new(
        "knowledge.empty_query", FaultKind.Invalid, "The query has no word to search for. Write what is looked for.");

    public static Fault QueryTooLong(int max) => new(
        "knowledge.query_too_long", FaultKind.TooLarge, $"The query is longer than {max} characters. Shorten it.");

    public static Fault TooManyHits(int max) => new(
        "knowledge.too_many_passages", FaultKind.Invalid, $"At most {max} passages can be asked for, and at least one.");

    public static Fault BadFilter(string why) => new(
        "knowledge.bad_filter", FaultKind.Invalid, $"The filter cannot be used: {why}.");

    public static Fault TooManyPassages(int max) => new(
        "knowledge.index_full",
        FaultKind.LimitReached,
        $"A knowledge base can hold {max} passages. Remove documents, or put these into another base.");

    public static Fault InUse { get; } = new(
        "knowledge.index_in_use",
        FaultKind.Conflict,
        "Another process has the index open. Stop it, or wait until it is done.");

    public static Fault DiskFull { get; } = new(
        "knowledge.disk_full", FaultKind.StorageFull, "The disk is full, and nothing was added. Free some space and try again.");

    public static Fault WorkFailed(string why) => new(
        "knowledge.index_work_failed",
        FaultKind.Internal,
        $"The index could not be merged or fitted in the background: {why} It is used as it is, and tried again after the next "
        + "document. Is its folder as the server made it?");

    public static Fault BadPassage(string why) => new(
        "knowledge.bad_passage", FaultKind.Invalid, $"A passage cannot be put into the index: {why}.");

    public static Fault Closed { get; } = new(
        "knowledge.index_closed", FaultKind.Unavailable, "The index is closed. Open the knowledge base again.");

    public static bool IsDiskFull(IOException error)
    {
        const int NoSpaceOnUnix = 28;
        return (error.HResult & 0xFFFF) == NoSpaceOnUnix;
    }
}
