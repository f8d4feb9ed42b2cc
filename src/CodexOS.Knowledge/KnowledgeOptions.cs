using System.ComponentModel.DataAnnotations;
using CodexOS.Knowledge.Stores;

namespace CodexOS.Knowledge;

/// <summary>Limits of knowledge bases, of what is put into them, and of what is asked of them.</summary>
public sealed class KnowledgeOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Knowledge";

    /// <summary>How many knowledge bases a tenant may have, unless its quota says otherwise.</summary>
    [Range(1, 100_000)]
    public int BasesPerTenantMax { get; set; } = 100;

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

    /// <summary>How many bytes of documents are read and published in one step; a larger document is a step by itself.</summary>
    [Range(1_024, 1_073_741_824)]
    public long BatchBytesMax { get; set; } = 16_777_216;

    /// <summary>How many batches of one run are read side by side.</summary>
    [Range(1, 64)]
    public int BatchesAtOnceMax { get; set; } = 2;

    /// <summary>How long an ingestion may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan IngestionTimeMax { get; set; } = TimeSpan.FromDays(2);

    /// <summary>How many knowledge bases are kept open to be searched; the one not asked for longest is closed.</summary>
    [Range(1, 10_000)]
    public int OpenBasesMax { get; set; } = 64;

    /// <summary>How many bytes of documents' texts are kept at hand, to show passages without reading them anew.</summary>
    [Range(1_048_576, 4_294_967_296)]
    public long TextCacheBytesMax { get; set; } = 67_108_864;

    /// <summary>How long a search may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:01:00")]
    public TimeSpan SearchTimeMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Stores outside of the server that the vectors of a base can lie in, by the name that bases choose them by.
    /// </summary>
    public Dictionary<string, StoreOptions> Stores { get; set; } = new(StringComparer.Ordinal);

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
