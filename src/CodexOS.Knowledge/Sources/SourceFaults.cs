using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Sources;

/// <summary>What can be wrong with sources and with what they hold.</summary>
internal static class SourceFaults
{
    public static Fault NotFound { get; } = new(
        "knowledge.source_not_found", FaultKind.NotFound, "The knowledge base has no such source. Its sources are listed at …/sources.");

    public static Fault Syncing { get; } = new(
        "knowledge.sync_running", FaultKind.Conflict,
        "A sync of this source is under way. Wait for its run to end, or cancel it.");

    public static Fault Overtaken { get; } = new(
        "knowledge.sync_overtaken", FaultKind.Conflict,
        "Another sync of this source was started after this one, or the source was changed. Leave this run, and look at the newer one.");

    public static Fault NoSuchFolder { get; } = new(
        "knowledge.source_unreadable", FaultKind.Upstream,
        "The folder is not there or cannot be read by the server. Nothing was changed; mount it, or let the server's user read it.");

    public static Fault LinkRefused { get; } = new(
        "knowledge.source_link", FaultKind.NotAllowed,
        "It is a link, and links are not followed. Put the file itself into the folder, or leave it out with a pattern.");

    public static Fault Unreadable { get; } = new(
        "knowledge.source_unreadable", FaultKind.Upstream, "It cannot be read. Let the server's user read it.");

    public static Fault Gone { get; } = new(
        "knowledge.source_gone", FaultKind.NotFound, "The source says that it is not there. Mend the link, or take it off the list.");

    public static Fault Robots { get; } = new(
        "knowledge.source_robots", FaultKind.NotAllowed,
        "The site's robots.txt asks not to fetch it, or cannot be read at the moment. Leave it out with a pattern, or ask the site.");

    public static Fault NameTaken { get; } = new(
        "knowledge.name_taken", FaultKind.Conflict,
        "The base has a document of this name that does not come from this source, and it was left as it is. Rename or delete it.");

    public static Fault NameTooLong { get; } = new(
        "knowledge.bad_document_name", FaultKind.Invalid,
        "Its name has control characters or more than 400 characters. Rename it, or leave it out with a pattern.");

    public static Fault BadDocuments { get; } = new(
        "knowledge.bad_documents", FaultKind.Invalid, "documents must be keep or delete: what becomes of the documents of the source.");

    public static Fault Bad(string why) => new("knowledge.bad_source", FaultKind.Invalid, $"The source cannot be used: {why}.");

    public static Fault FolderNotAllowed(string path) => new(
        "knowledge.folder_not_allowed", FaultKind.NotAllowed,
        $"The server does not let sources read '{path}'. Ask the operator to list it, or a folder above it, in Knowledge:SourceFolders.");

    public static Fault Exists(string name) => new(
        "knowledge.source_exists", FaultKind.Conflict, $"The knowledge base has a source '{name}' already. Choose another name.");

    public static Fault TooMany(int most) => new(
        "knowledge.too_many_sources", FaultKind.LimitReached,
        $"A knowledge base may have {most} sources. Delete some, or ask the operator to raise Knowledge:SourcesPerBaseMax.");

    public static Fault TooManyItems(int most) => new(
        "knowledge.sync_too_many", FaultKind.LimitReached,
        $"The source has more than {most} entries. The first ones were taken and nothing was removed; narrow it with patterns, or ask the "
        + "operator to raise Knowledge:SourceEntriesMax.");

    public static Fault TooManyBytes(long most) => new(
        "knowledge.sync_too_large", FaultKind.LimitReached,
        $"The sync fetched {most} bytes and stopped there; the next one goes on. Narrow the source with patterns, or ask the operator to "
        + "raise Knowledge:SyncBytesMax.");

    public static Fault Status(int status) => new(
        "knowledge.source_status", FaultKind.Upstream,
        $"The server of the source answered with {status}. Try later, or ask whoever runs it.");

    public static Fault BadSitemap(string why) => new(
        "knowledge.bad_sitemap", FaultKind.Upstream, $"The sitemap cannot be used: {why}. Ask whoever runs the site.");

    public static Fault OtherHosts(int count) => new(
        "knowledge.other_hosts", FaultKind.NotAllowed,
        $"{count} pages of the sitemap are on hosts that the source does not list, and were left out. Add the hosts to the source.");

    public static Fault S3(string code) => new(
        "knowledge.s3_refused", FaultKind.Upstream,
        $"The store refused: {code}. Check endpoint, bucket, region, access key and secret.");

    public static Fault Git(string why) => new(
        "knowledge.git_failed", FaultKind.Upstream, $"The repository could not be read: {why}");
}
