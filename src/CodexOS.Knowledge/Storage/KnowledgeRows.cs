using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;

namespace CodexOS.Knowledge.Storage;

/// <summary>A knowledge base.</summary>
[Kept("until the knowledge base is deleted")]
internal sealed class BaseRow : ITenantOwned
{
    /// <summary>What stands for the index itself in place of a model.</summary>
    public const string BuiltIn = "builtin";

    [DataClass(DataClass.Internal)]
    public required KnowledgeBaseId BaseId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    /// <summary>How addresses and agents name it; one of a kind in the tenant.</summary>
    [DataClass(DataClass.Internal)]
    public required string Name { get; init; }

    [DataClass(DataClass.Confidential)]
    public required string Description { get; set; }

    /// <summary>Under which all content of the base is encrypted; sealed under a key of the base's own.</summary>
    [OwnKey(nameof(Shredder))]
    [DataClass(DataClass.Restricted)]
    public Sealed? ContentKey { get; set; }

    /// <summary>Where its vectors lie: the name of a store of the operator's, or <c>embedded</c>.</summary>
    [DataClass(DataClass.Internal)]
    public required string Store { get; set; }

    /// <summary>What makes its vectors: <c>provider:model</c>, or <c>builtin</c> for the index itself.</summary>
    [DataClass(DataClass.Internal)]
    public string EmbeddingModel { get; set; } = BuiltIn;

    /// <summary>How many numbers a vector of the model has; zero where the index makes them.</summary>
    [DataClass(DataClass.Internal)]
    public int EmbeddingDimension { get; set; }

    /// <summary>Rises with each model that the base is given; vectors of two revisions are never compared.</summary>
    [DataClass(DataClass.Internal)]
    public int EmbeddingRevision { get; set; }

    /// <summary>The key of the vectors that are being made to take the place of the present ones; null if none are.</summary>
    [DataClass(DataClass.Internal)]
    public string? EmbeddingNext { get; set; }

    /// <summary>What ranks the best passages of a search once more: <c>provider:model</c>; null if nothing does.</summary>
    [DataClass(DataClass.Internal)]
    public string? Reranker { get; set; }

    /// <summary>The rules of what else its searches look for, as a JSON list; null without any.</summary>
    [DataClass(DataClass.Confidential)]
    public string? Synonyms { get; set; }

    /// <summary>What raises or lowers its passages, as a JSON object; null if nothing does.</summary>
    [DataClass(DataClass.Confidential)]
    public string? Boosts { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId CreatedBy { get; init; }

    /// <summary>The model that makes its vectors; null where the index does.</summary>
    public EmbedderKey? Embedder => EmbeddingModel == BuiltIn
        ? null
        : new EmbedderKey(
            EmbeddingModel, EmbeddingDimension, EmbeddingRevision.ToString(System.Globalization.CultureInfo.InvariantCulture));

    /// <summary>Whose key in the vault opens <see cref="ContentKey"/>: the base itself, so that deleting it can destroy it.</summary>
    public UserId Shredder => new(BaseId.Value);
}

/// <summary>A document of a knowledge base; its content is encrypted among the blobs.</summary>
[Kept("until the document or its knowledge base is deleted")]
internal sealed class DocumentRow : ITenantOwned
{
    [DataClass(DataClass.Internal)]
    public required DocumentId DocumentId { get; init; }

    [DataClass(DataClass.Internal)]
    public required TenantId TenantId { get; init; }

    [DataClass(DataClass.Internal)]
    public required KnowledgeBaseId BaseId { get; init; }

    /// <summary>The file's name with its folders; one of a kind in the base.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Name { get; init; }

    /// <summary>What whoever sent it said that it is; empty if they said nothing.</summary>
    [DataClass(DataClass.Internal)]
    public required string MediaType { get; set; }

    /// <summary>Counts contents, from one: adding the same name with other content makes the next.</summary>
    [DataClass(DataClass.Internal)]
    public required int Version { get; set; }

    /// <summary>HMAC-SHA-256 of the content under the base's key, by which an unchanged file is recognised.</summary>
    [DataClass(DataClass.Internal)]
    public required string Fingerprint { get; set; }

    [DataClass(DataClass.Internal)]
    public required long SizeBytes { get; set; }

    /// <summary>The blob with the encrypted content.</summary>
    [DataClass(DataClass.Internal)]
    public required string ContentBlob { get; set; }

    /// <summary>The blob with the encrypted text and its passages; null until it has been read.</summary>
    [DataClass(DataClass.Internal)]
    public string? TextBlob { get; set; }

    /// <summary>The blob with the encrypted vectors of the passages, where a model has made some.</summary>
    [DataClass(DataClass.Internal)]
    public string? VectorsBlob { get; set; }

    /// <summary>What made them.</summary>
    [DataClass(DataClass.Internal)]
    public string? VectorsKey { get; set; }

    /// <summary>The blob with those of the model that the base is being given, where they are made.</summary>
    [DataClass(DataClass.Internal)]
    public string? NextVectorsBlob { get; set; }

    /// <summary>What made those.</summary>
    [DataClass(DataClass.Internal)]
    public string? NextVectorsKey { get; set; }

    /// <summary>A <see cref="DocumentState"/>.</summary>
    [DataClass(DataClass.Internal)]
    public required DocumentState State { get; set; }

    /// <summary>What it turned out to be; null until it has been read.</summary>
    [DataClass(DataClass.Internal)]
    public string? Format { get; set; }

    [DataClass(DataClass.Confidential)]
    public string? Title { get; set; }

    [DataClass(DataClass.Internal)]
    public string? FaultCode { get; set; }

    [DataClass(DataClass.Internal)]
    public string? FaultMessage { get; set; }

    [DataClass(DataClass.Internal)]
    public int PassagesCount { get; set; }

    [DataClass(DataClass.Internal)]
    public long CharactersCount { get; set; }

    /// <summary>The members who alone may read it, as a JSON list of ids; none is everybody who may read the base.</summary>
    [DataClass(DataClass.Internal)]
    public required string Readers { get; set; }

    /// <summary>Pairs that searches can ask for, as a JSON object.</summary>
    [DataClass(DataClass.Confidential)]
    public required string Metadata { get; set; }

    /// <summary>The time that the document speaks of or was written at, if somebody said so.</summary>
    [DataClass(DataClass.Internal)]
    public DateTimeOffset? At { get; set; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ChangedAt { get; set; }

    [DataClass(DataClass.Internal)]
    public required UserId AddedBy { get; set; }

    /// <summary>The source that it comes from; null if somebody added it.</summary>
    [DataClass(DataClass.Internal)]
    public SourceId? SourceId { get; set; }

    /// <summary>Everything that is kept of it among the blobs.</summary>
    public IEnumerable<string> Blobs =>
        new[] { ContentBlob, TextBlob, VectorsBlob, NextVectorsBlob }.OfType<string>();
}

/// <summary>Where a document stands.</summary>
public enum DocumentState
{
    /// <summary>It waits to be read.</summary>
    Pending,

    /// <summary>It has been read and is found.</summary>
    Indexed,

    /// <summary>It could not be read; its fault says why.</summary>
    Failed,
}
