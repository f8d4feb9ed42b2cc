using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Stores;

/// <summary>What can be wrong with the stores that vectors lie in.</summary>
internal static class StoreFaults
{
    public const string MissingCode = "knowledge.collection_missing";

    public static Fault SameStore(string store) => new(
        "knowledge.same_store", FaultKind.Conflict, $"The vectors of the knowledge base lie in '{store}' already.");

    public static Fault Moved { get; } = new(
        "knowledge.moved_meanwhile", FaultKind.Conflict,
        "The knowledge base was moved by another run meanwhile. Look where its vectors lie, and start again if need be.");

    public static Fault Unknown(string store, IEnumerable<string> known) => new(
        "knowledge.store_unknown", FaultKind.Invalid,
        $"There is no store '{store}' here. There are: {string.Join(", ", known)}. The operator sets stores up under "
        + "Knowledge:Stores.");

    public static Fault Unavailable(string store) => new(
        "knowledge.store_unavailable", FaultKind.Unavailable,
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
