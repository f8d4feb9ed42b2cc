using System.ComponentModel.DataAnnotations;
using System.Text.RegularExpressions;

namespace CodexOS.Knowledge.Stores;

/// <summary>The kinds of stores outside of the server.</summary>
public enum StoreKind
{
    /// <summary>A Chroma server.</summary>
    Chroma,

    /// <summary>A PostgreSQL with the extension vector.</summary>
    Pgvector,
}

/// <summary>A store outside of the server that vectors of knowledge bases can lie in.</summary>
public sealed partial class StoreOptions
{
    /// <summary>What the place in the index itself is called.</summary>
    internal const string Embedded = "embedded";

    /// <summary><c>chroma</c> or <c>pgvector</c>.</summary>
    public StoreKind Kind { get; set; }

    /// <summary>The address of a Chroma server, as <c>http://chroma:8000</c>.</summary>
    public Uri? Url { get; set; }

    /// <summary>The tenant of the Chroma server that collections are made in.</summary>
    [RegularExpression("^[A-Za-z0-9_.-]{1,100}$")]
    public string ChromaTenant { get; set; } = "default_tenant";

    /// <summary>The database of the Chroma server that collections are made in.</summary>
    [RegularExpression("^[A-Za-z0-9_.-]{1,100}$")]
    public string ChromaDatabase { get; set; } = "default_database";

    /// <summary>A file that holds the token for the Chroma server and nothing else; none is sent without one.</summary>
    public string? TokenFile { get; set; }

    /// <summary>The header that the token is sent in; <c>Authorization</c> sends it as a bearer token.</summary>
    [RegularExpression("^[A-Za-z][A-Za-z0-9-]{0,60}$")]
    public string TokenHeader { get; set; } = "X-Chroma-Token";

    /// <summary>How a PostgreSQL is reached. Keep the password in <see cref="PasswordFile"/>.</summary>
    public string? ConnectionString { get; set; }

    /// <summary>A file that holds the password for the PostgreSQL and nothing else.</summary>
    public string? PasswordFile { get; set; }

    /// <summary>How long one request may take that is no search.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:10:00")]
    public TimeSpan RequestTimeMax { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a search waits for the store; after that, words alone count.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "00:01:00")]
    public TimeSpan SearchTimeMax { get; set; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a store that did not answer is left alone, and the first pause before work is tried again.</summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan PauseAfterFailure { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How long the pauses between tries become, which double each time. As soon as a store that was away answers anything,
    /// the next try follows at once.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.010", "01:00:00")]
    public TimeSpan RetryPauseMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How often it is looked whether the store still has as many vectors as it should.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "1.00:00:00")]
    public TimeSpan CheckEvery { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How many vectors are put in one request.</summary>
    [Range(1, 5_000)]
    public int BatchVectorsMax { get; set; } = 500;

    /// <summary>How many requests are made at once.</summary>
    [Range(1, 1_000)]
    public int RequestsAtOnceMax { get; set; } = 8;

    /// <summary>The largest answer that is read, in bytes.</summary>
    [Range(65_536, 1_073_741_824)]
    public int AnswerBytesMax { get; set; } = 67_108_864;

    /// <summary>Where the vectors lie.</summary>
    internal string Place => Kind is StoreKind.Chroma ? $"{Url}|{ChromaTenant}|{ChromaDatabase}" : $"{ConnectionString}";

    /// <summary>What is wrong with a store of this name; nothing if all is well.</summary>
    internal IEnumerable<string> WhatIsWrong(string name)
    {
        if (name == Embedded || !StoreName().IsMatch(name))
            yield return $"choose a name of up to 40 lowercase letters, digits and dashes other than {Embedded}.";
        if (Kind is StoreKind.Chroma && Url is not { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "", Query: "" })
            yield return "Url must be an absolute http or https address without a user and a query, as http://chroma:8000.";
        if (Kind is StoreKind.Pgvector && string.IsNullOrWhiteSpace(ConnectionString))
            yield return "ConnectionString is missing; set it, as Host=db;Database=vectors;Username=codexos.";
        foreach (var file in (string?[])[TokenFile, PasswordFile])
        {
            if (!string.IsNullOrEmpty(file) && !File.Exists(file)) yield return $"there is no file {file}.";
        }

        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), wrong, validateAllProperties: true);
        foreach (var each in wrong) yield return each.ErrorMessage ?? "a value is out of its range.";
    }

    [GeneratedRegex("^[a-z][a-z0-9-]{0,39}$", RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex StoreName();
}
