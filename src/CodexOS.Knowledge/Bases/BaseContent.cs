using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Blobs;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Trust.Contracts;

namespace CodexOS.Knowledge.Bases;

/// <summary>
/// The content of knowledge bases among the blobs: encrypted with AES-256-GCM under the key of the base, bound to the document
/// and to what it is, so that a blob opens nowhere else.
/// </summary>
internal sealed class BaseContent(IVault vault, IBlobStore blobs, IBlobRemoval removal)
{
    private const int KeysMax = 1_000;

    private readonly ConcurrentDictionary<KnowledgeBaseId, byte[]> _keys = new();

    /// <summary>Gives a new base its key. The row is not yet in the database.</summary>
    public async Task GiveKeyAsync(KnowledgeDb db, BaseRow row, CancellationToken cancellationToken)
    {
        var key = RandomNumberGenerator.GetBytes(ContentCipher.KeyBytes);
        row.ContentKey = await vault.SealAsync(db, row, static it => it.ContentKey, Convert.ToHexString(key), cancellationToken);
    }

    /// <summary>Forgets the key of a base and destroys what it was sealed under: its content is unreadable for good.</summary>
    public async Task DestroyKeyAsync(BaseRow row, CancellationToken cancellationToken)
    {
        _keys.TryRemove(row.BaseId, out _);
        await vault.DestroyAsync(row.TenantId, row.Shredder, cancellationToken);
    }

    /// <summary>What a content is recognised by, without telling anybody what it is.</summary>
    public async Task<Result<string>> FingerprintAsync(
        KnowledgeDb db, BaseRow row, ReadOnlyMemory<byte> content, CancellationToken cancellationToken)
    {
        if (!(await KeyAsync(db, row, cancellationToken)).TryGet(out var key, out var fault)) return fault;
        return Convert.ToHexStringLower(HMACSHA256.HashData(key, content.Span));
    }

    /// <summary>Encrypts something of a document and keeps it.</summary>
    /// <returns>The blob's hash.</returns>
    public async Task<Result<string>> WriteAsync(
        KnowledgeDb db, BaseRow row, DocumentId document, ContentPart part, ReadOnlyMemory<byte> content,
        CancellationToken cancellationToken)
    {
        if (!(await KeyAsync(db, row, cancellationToken)).TryGet(out var key, out var fault)) return fault;
        var encrypted = ContentCipher.Encrypt(key, Place(row.BaseId, document, part), content.Span);
        return await blobs.WriteAsync(row.TenantId, encrypted, cancellationToken);
    }

    /// <summary>Reads what <see cref="WriteAsync"/> kept.</summary>
    public async Task<Result<byte[]>> ReadAsync(
        KnowledgeDb db, BaseRow row, DocumentId document, ContentPart part, string blob, CancellationToken cancellationToken)
    {
        if (!(await KeyAsync(db, row, cancellationToken)).TryGet(out var key, out var fault)) return fault;
        if (!(await blobs.ReadAsync(row.TenantId, blob, cancellationToken)).TryGet(out var content, out fault)) return fault;
        return ContentCipher.Decrypt(key, Place(row.BaseId, document, part), content) is { } plain
            ? plain
            : new Fault(
                "knowledge.content_damaged", FaultKind.Internal,
                "The stored content of the document is damaged or belongs elsewhere. Add the document again.");
    }

    /// <summary>
    /// Whether a fault of reading is the document's own, whose content is lost. Any other passes, and nothing may be concluded
    /// from it.
    /// </summary>
    public static bool IsLost(Fault fault) =>
        fault.Code is "platform.blob_missing" or "platform.blob_damaged" or "knowledge.content_damaged";

    /// <summary>Removes a blob that no row names any more.</summary>
    public Task RemoveAsync(TenantId tenant, string blob, CancellationToken cancellationToken) =>
        removal.RemoveAsync(tenant, blob, DateTimeOffset.MaxValue, cancellationToken);

    private async Task<Result<byte[]>> KeyAsync(KnowledgeDb db, BaseRow row, CancellationToken cancellationToken)
    {
        if (_keys.TryGetValue(row.BaseId, out var known)) return known;
        if (row.ContentKey is null) return KnowledgeFaults.BaseNotFound;
        var opened = await vault.OpenAsync(db, row, static it => it.ContentKey, cancellationToken);
        if (!opened.TryGet(out var text, out var fault)) return fault;
        if (_keys.Count >= KeysMax) _keys.Clear();
        return _keys[row.BaseId] = Convert.FromHexString(text);
    }

    private static byte[] Place(KnowledgeBaseId id, DocumentId document, ContentPart part)
    {
        var word = Encoding.ASCII.GetBytes(part.ToString());
        var place = new byte[16 + 16 + word.Length];
        id.Value.TryWriteBytes(place, bigEndian: true, out _);
        document.Value.TryWriteBytes(place.AsSpan(16), bigEndian: true, out _);
        word.CopyTo(place.AsSpan(32));
        return place;
    }
}

/// <summary>What of a document a blob holds.</summary>
internal enum ContentPart
{
    /// <summary>The file as it was sent.</summary>
    File,

    /// <summary>The text that was read out of it, and its passages.</summary>
    Text,

    /// <summary>The vectors that a model made of the passages.</summary>
    Vectors,
}
