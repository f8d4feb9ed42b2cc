using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Stores;
using CodexOS.Runs.Contracts;

namespace CodexOS.Knowledge;

/// <summary>Limits of knowledge bases, of what is put into them, and of what is asked of them.</summary>
public sealed class KnowledgeOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Knowledge";

    /// <summary>How many knowledge bases a tenant may have, unless its quota says otherwise.</summary>
    [Range(1, 100_000)]
    public int BasesPerTenantMax { get; set; } = 100;

    /// <summary>
    /// How many bytes the documents of a tenant may have, in all its knowledge bases together, unless its quota says otherwise.
    /// </summary>
    [Range(typeof(long), "1048576", "1000000000000000")]
    public long BytesPerTenantMax { get; set; } = 107_374_182_400;

    /// <summary>How many documents a knowledge base may have.</summary>
    [Range(1, 10_000_000)]
    public int DocumentsPerBaseMax { get; set; } = 100_000;

    /// <summary>The largest document that is taken, in bytes.</summary>
    [Range(1_024, 1_073_741_824)]
    public int DocumentBytesMax { get; set; } = 67_108_864;

    /// <summary>The longest text that is read out of a document, in characters.</summary>
    [Range(1_000, 1_000_000_000)]
    public int DocumentCharactersMax { get; set; } = 20_000_000;

    /// <summary>How long reading one document may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan DocumentTimeMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many documents are read and published in one step.</summary>
    [Range(1, 1_000)]
    public int BatchDocumentsMax { get; set; } = 32;

    /// <summary>
    /// How many bytes of documents are read and published in one step; a larger document is a step by itself.
    /// </summary>
    [Range(1_024, 1_073_741_824)]
    public long BatchBytesMax { get; set; } = 16_777_216;

    /// <summary>How many batches of one run are read side by side.</summary>
    [Range(1, 64)]
    public int BatchesAtOnceMax { get; set; } = 2;

    /// <summary>How long an ingestion may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan IngestionTimeMax { get; set; } = TimeSpan.FromDays(2);

    /// <summary>
    /// The folders of the server that sources may read, with what is below them: a path for every tenant, or
    /// <c>ten_…=path</c> for one. None is that no source reads a folder.
    /// </summary>
    [MaxLength(100)]
    public IList<string> SourceFolders { get; } = [];

    /// <summary>How many sources a knowledge base may have.</summary>
    [Range(1, 10_000)]
    public int SourcesPerBaseMax { get; set; } = 50;

    /// <summary>
    /// How many files, pages or objects of a source are taken; what is behind is left, and nothing is removed then.
    /// </summary>
    [Range(1, 1_000_000)]
    public int SourceEntriesMax { get; set; } = 20_000;

    /// <summary>After how many bytes a sync fetches nothing more; the next one goes on.</summary>
    [Range(1_048_576, 1_099_511_627_776)]
    public long SyncBytesMax { get; set; } = 4_294_967_296;

    /// <summary>How long a sync may take, the reading of its documents included.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SyncTimeMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>The least time from one scheduled sync of a source to the next.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan SyncIntervalMin { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many reasons of failures a sync shows.</summary>
    [Range(1, 1_000)]
    public int SyncFailuresShownMax { get; set; } = 20;

    /// <summary>After how many hosts in a row that do not answer a sync gives up.</summary>
    [Range(1, 1_000)]
    public int SyncUnreachableMax { get; set; } = 5;

    /// <summary>How often it is looked whether a sync is due.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan SourceScheduleInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a sync waits between two requests to a web server, where its source does not say.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan SourcePause { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>The least that a source may say of that.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:01:00")]
    public TimeSpan SourcePauseMin { get; set; } = TimeSpan.Zero;

    /// <summary>What syncs tell web servers that they are.</summary>
    [Required, RegularExpression("^[ -~]{1,200}$", ErrorMessage = "Knowledge:SourceUserAgent must be 1 to 200 plain characters.")]
    public string SourceUserAgent { get; set; } = "CodexOS";

    /// <summary>How many sitemaps an index may lead to.</summary>
    [Range(1, 50_000)]
    public int SitemapsMax { get; set; } = 1_000;

    /// <summary>The largest sitemap that is read, unpacked, in bytes.</summary>
    [Range(1_024, 1_073_741_824)]
    public int SitemapBytesMax { get; set; } = 52_428_800;

    /// <summary>How many knowledge bases are kept open to be searched; the one not asked for longest is closed.</summary>
    [Range(1, 10_000)]
    public int OpenBasesMax { get; set; } = 64;

    /// <summary>
    /// How often a server that works with others looks for indexes of bases that were deleted at one of those, and removes them.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan IndexSweepInterval { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How many bytes of documents' texts are kept at hand, to show passages without reading them anew.</summary>
    [Range(1_048_576, 4_294_967_296)]
    public long TextCacheBytesMax { get; set; } = 134_217_728;

    /// <summary>How long an answer by a model may take.</summary>
    [Range(typeof(TimeSpan), "00:00:05", "01:00:00")]
    public TimeSpan AnswerTimeMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many tokens an answer by a model may take, question and passages included.</summary>
    [Range(1_000, 1_000_000)]
    public int AnswerTokensMax { get; set; } = 50_000;

    /// <summary>How much an answer by a model may cost, in millionths of a US dollar.</summary>
    [Range(0, 100_000_000)]
    public long AnswerCostMaxMicroUsd { get; set; } = 500_000;

    /// <summary>How many tokens a run may have a model read to make vectors, where a model makes them.</summary>
    [Range(1_000, long.MaxValue)]
    public long EmbeddingTokensMax { get; set; } = 1_000_000_000;

    /// <summary>How much that may cost in one run, in millionths of a US dollar.</summary>
    [Range(0, long.MaxValue)]
    public long EmbeddingCostMaxMicroUsd { get; set; } = 100_000_000;

    /// <summary>How long a search waits for a model to make the vector of the question; after that, words alone count.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan QueryVectorTimeMax { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many of the best passages of a search are ranked once more, where a base has a reranker.</summary>
    [Range(2, 100)]
    public int RerankPassagesMax { get; set; } = 40;

    /// <summary>How many characters of a passage a reranker is shown.</summary>
    [Range(100, 100_000)]
    public int RerankCharactersMax { get; set; } = 4_000;

    /// <summary>How long a search waits for a reranker; after that, passages stay as they were found.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan RerankTimeMax { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many lines of synonyms a knowledge base may have, remarks included.</summary>
    [Range(1, 5_000)]
    public int SynonymRulesMax { get; set; } = 1_000;

    /// <summary>How many characters a rule of synonyms may have.</summary>
    [Range(20, 500)]
    public int SynonymRuleLengthMax { get; set; } = 200;

    /// <summary>How many rules by metadata a knowledge base may have that raise or lower passages.</summary>
    [Range(1, 200)]
    public int BoostRulesMax { get; set; } = 50;

    /// <summary>
    /// What makes the vectors of tasks for the semantic cache: an embedding model as <c>provider:model</c>. With another than the
    /// one that is built in, the tasks of agents that use the cache are sent to it.
    /// </summary>
    [Required, RegularExpression("^[a-z][a-z0-9-]{0,30}:[ -~]{1,160}$", ErrorMessage =
        "Knowledge:CacheModel must be an embedding model, as builtin:use-lite.")]
    public string CacheModel { get; set; } = "builtin:use-lite";

    /// <summary>How many answers the semantic cache keeps for a tenant; the oldest go.</summary>
    [Range(1, 100_000)]
    public int CacheEntriesMax { get; set; } = 10_000;

    /// <summary>How many characters a task may have to be looked up in the semantic cache.</summary>
    [Range(10, 10_000)]
    public int CacheTaskCharactersMax { get; set; } = 400;

    /// <summary>How many characters an answer may have to be kept in the semantic cache.</summary>
    [Range(100, 1_000_000)]
    public int CacheAnswerCharactersMax { get; set; } = 20_000;

    /// <summary>How long a call waits for the semantic cache before the model is asked.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:00:30")]
    public TimeSpan CacheTimeMax { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>
    /// How long a call waits besides for the model that makes the vectors of tasks, where that runs in the server and is not
    /// loaded yet: once after a start.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan CacheLoadTimeMax { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How many bytes of vectors of tasks the semantic cache keeps at hand, not to read them for every task.</summary>
    [Range(0, 4_294_967_296)]
    public long CacheMemoryBytesMax { get; set; } = 67_108_864;

    /// <summary>How long vectors of tasks are kept at hand, also of answers that another server removed meanwhile.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan CacheMemoryTime { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a search may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan SearchTimeMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stores outside of the server that the vectors of a base can lie in, by the name that bases choose them by.
    /// </summary>
    public Dictionary<string, StoreOptions> Stores { get; set; } = new(StringComparer.Ordinal);

    /// <summary>What a run may use that goes through the documents of a base.</summary>
    /// <param name="embedder">The model that makes the vectors; null where none does.</param>
    internal RunLimits LimitsOf(EmbedderKey? embedder)
    {
        const int stepsPerDocument = 2;
        const int stepsBeside = 1_000;
        return new RunLimits(
            (int)Math.Min(int.MaxValue, (stepsPerDocument * (long)DocumentsPerBaseMax) + stepsBeside), IngestionTimeMax,
            EmbeddingTokensOf(embedder), EmbeddingCostOf(embedder));
    }

    /// <summary>How many tokens a run may have a model read; where none makes vectors, one, which is never used.</summary>
    internal long EmbeddingTokensOf(EmbedderKey? embedder) => embedder is null ? 1 : EmbeddingTokensMax;

    /// <summary>What that may cost.</summary>
    internal long EmbeddingCostOf(EmbedderKey? embedder) => embedder is null ? 0 : EmbeddingCostMaxMicroUsd;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, store) in Stores)
        {
            foreach (var wrong in store.WhatIsWrong(name))
                yield return new ValidationResult($"{Section}:{nameof(Stores)}:{name}: {wrong}");
        }

        // Each tidies up what it does not know, so two names for one place would take each other's vectors away.
        foreach (var same in Stores.GroupBy(static store => store.Value.Place).Where(static same => same.Count() > 1))
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(Stores)}: {string.Join(", ", same.Select(static store => store.Key))} are one and the same place.");
        }
    }
}
