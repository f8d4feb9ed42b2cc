using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge;

/// <summary>What can be wrong with knowledge bases, their documents and what is asked of them.</summary>
internal static class KnowledgeFaults
{
    public static Fault BaseNotFound { get; } = new(
        "knowledge.base_not_found", FaultKind.NotFound,
        "There is no such knowledge base. GET /api/v1/knowledge lists those that there are.");

    public static Fault DocumentNotFound { get; } = new(
        "knowledge.document_not_found", FaultKind.NotFound, "The knowledge base has no such document.");

    public static Fault NotIndexed { get; } = new(
        "knowledge.not_indexed", FaultKind.Conflict,
        "The document has not been read yet, or could not be read. Its state says which, and what to do.");

    public static Fault BadStep { get; } = new(
        "knowledge.bad_step", FaultKind.Internal, "The step does not say what is to be read. Start the ingestion again.");

    public static Fault NotGranted { get; } = new(
        "knowledge.not_granted", FaultKind.NotAllowed, "The run was not started for this knowledge base.");

    public static Fault NothingToIngest { get; } = new(
        "knowledge.nothing_to_ingest", FaultKind.Conflict,
        "No document waits to be read. Add some, or have one read again by its retry.");

    public static Fault BadCacheAgent { get; } = new(
        "knowledge.bad_cache_agent", FaultKind.Invalid, "agent must be the name of an agent, of 1 to 64 characters.");

    /// <summary>The model of the semantic cache is being loaded, and a task does not wait for it any longer.</summary>
    public static Fault CacheModelLoads { get; } = new(
        "knowledge.cache_model_loads", FaultKind.Unavailable,
        "The model of the semantic cache is still being loaded. The next task may find it, or raise Knowledge:CacheLoadTimeMax.");

    public static Fault BadMetadata { get; } = new(
        "knowledge.bad_metadata", FaultKind.Invalid,
        "metadata must be up to 32 pairs key=value: keys of 1 to 64 letters, digits, dots, dashes and underscores, values of up to "
        + "256 characters.");

    public static Fault BadReaders { get; } = new(
        "knowledge.bad_readers", FaultKind.Invalid, "readers must be up to 100 ids of members, usr_… each.");

    public static Fault BadName { get; } = new(
        "knowledge.bad_document_name", FaultKind.Invalid,
        "name must be 1 to 400 characters without control characters: the file's name, with folders if there are some.");

    public static Fault NotConfirmed { get; } = new(
        "knowledge.not_confirmed", FaultKind.Invalid,
        "confirm must be the name of the knowledge base: deleting it cannot be undone.");

    public static Fault BaseExists(string name) => new(
        "knowledge.base_exists", FaultKind.Conflict, $"There is a knowledge base '{name}' already. Choose another name.");

    public static Fault TooManyDocuments(int most) => new(
        "knowledge.too_many_documents", FaultKind.LimitReached,
        $"A knowledge base may have {most} documents. Delete some, or ask the operator to raise Knowledge:DocumentsPerBaseMax.");

    public static Fault TooLarge(long most) => new(
        "knowledge.document_too_large", FaultKind.TooLarge,
        $"A document may have {most} bytes. Split it, or ask the operator to raise Knowledge:DocumentBytesMax.");
}
