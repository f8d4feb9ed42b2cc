using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>What can be wrong with the stores that vectors lie in.</summary>
internal static class StoreFaults
{
    public const string MissingCode = "knowledge.collection_missing";
    public const string UnavailableCode = "knowledge.store_unavailable";

    public static Fault SameStore(string store) => new(
        "knowledge.same_store", FaultKind.Conflict, $"The vectors of the knowledge base lie in '{store}' already.");

    public static Fault WorkFailed { get; } = new(
        "knowledge.store_work_failed", FaultKind.Internal,
        "Keeping the store like the knowledge base failed unexpectedly; it is tried again. The server's log has the details.");

    public static Fault Left(string store, KnowledgeBaseId id) => new(
        "knowledge.vectors_left", FaultKind.Conflict,
        $"{LeftIn(store, id)} Set the store up again under Knowledge:Stores; or delete the knowledge base with abandonVectors=true, "
        + "and those there yourself.");

    /// <summary>What a store that is not set up any more still has of a base.</summary>
    public static string LeftIn(string store, KnowledgeBaseId id) =>
        $"The store '{store}' is not set up here any more, so vectors of the knowledge base stay there: in the collections or "
        + $"tables whose names begin with {VectorCollection.PrefixOf(id)}.";

    public static Fault Unknown(string store, IEnumerable<string> known) => new(
        "knowledge.store_unknown", FaultKind.Invalid,
        $"There is no store '{store}' here. There are: {string.Join(", ", known)}. The operator sets stores up under "
        + "Knowledge:Stores.");

    public static Fault NeedsOneServer(string store) => new(
        "knowledge.store_needs_one_server", FaultKind.Invalid,
        $"Several servers work together here, and each keeps the vectors of a base in its own index. The store '{store}' is for one "
        + "server alone; leave the vectors embedded.");

    public static Fault Unavailable(string store) => new(
        UnavailableCode, FaultKind.Unavailable,
        $"The store '{store}' cannot be reached, or does not answer in time. Start it, or try again later; codexos doctor tells.");

    public static Fault Refused(string store, string why) => new(
        "knowledge.store_refused", FaultKind.Upstream, $"The store '{store}' did not do what it was asked: {why}.");

    public static Fault Missing(string store) => new(
        MissingCode, FaultKind.Conflict, $"The store '{store}' has lost the vectors. They are put there anew.");

    public static Fault Behind(string store) => new(
        "knowledge.store_behind", FaultKind.Unavailable,
        $"The store '{store}' does not have all vectors yet. They are being put there; ask again in a while.");

    public static Fault Unverified(string store, string why) => new(
        "knowledge.store_unverified", FaultKind.Upstream,
        $"What was put into the store '{store}' is not what is found there: {why}. The vectors stay in use where they were.");
}
