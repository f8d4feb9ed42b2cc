using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Storage;

/// <summary>A file workspace; its files are in the data directory.</summary>
[Kept("for as long as the tenant is there")]
internal sealed class WorkspaceRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public WorkspaceId WorkspaceId { get; init; }

    [DataClass(DataClass.Internal)]
    public TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public DateTimeOffset CreatedAt { get; init; }

    /// <summary><c>upload</c>, <c>sample:name</c> or <c>fork:workspace</c>.</summary>
    [DataClass(DataClass.Internal)]
    public string Origin { get; init; } = "";

    /// <summary>The user that owns the files and that programs run as, where the server runs as root. Never used twice.</summary>
    [DataClass(DataClass.Internal)]
    public long UserNumber { get; init; }

    /// <summary>The commit that the workspace started from; empty until the workspace is made.</summary>
    [DataClass(DataClass.Internal)]
    public string BaseCommit { get; set; } = "";

    /// <summary>Whether the workspace is made; one that is not is removed when the server starts.</summary>
    [DataClass(DataClass.Internal)]
    public bool IsReady { get; set; }

    /// <summary>How many bytes its files have, as they are now. What the quota of the tenant is counted by.</summary>
    [DataClass(DataClass.Internal)]
    public long SizeBytes { get; set; }

    /// <summary>The number as the kernel wants it.</summary>
    public uint User => (uint)UserNumber;
}
