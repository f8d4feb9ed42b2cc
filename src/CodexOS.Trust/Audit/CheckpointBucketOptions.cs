using System.ComponentModel.DataAnnotations;

namespace CodexOS.Trust.Audit;

/// <summary>A bucket of an S3-compatible store that keeps copies of checkpoints; none if it has no name.</summary>
public sealed class CheckpointBucketOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Audit:Bucket";

    /// <summary>The setting that decides whether there is a bucket.</summary>
    internal const string NameKey = $"{Section}:{nameof(Name)}";

    /// <summary>The store's address, with <c>https://</c>.</summary>
    [StringLength(2_048)]
    public string? Endpoint { get; set; }

    /// <summary>The bucket's name.</summary>
    [StringLength(255)]
    public string? Name { get; set; }

    /// <summary>The region that requests are signed for; <c>us-east-1</c> where the store has none.</summary>
    [StringLength(64, MinimumLength = 1)]
    public string? Region { get; set; }

    /// <summary>What the names of the objects begin with.</summary>
    [StringLength(512)]
    public string Prefix { get; set; } = "";

    /// <summary>The access key.</summary>
    [StringLength(256, MinimumLength = 1)]
    public string? AccessKey { get; set; }

    /// <summary>A file with the secret access key on its first line.</summary>
    [StringLength(4_096)]
    public string? SecretKeyFile { get; set; }

    /// <summary>
    /// For how long the store locks each object, so that nobody can change or delete it; 0 is not at all. The bucket has to
    /// be made with object lock.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan LockFor { get; set; } = TimeSpan.Zero;

    /// <summary>Lets the store be asked without encryption: for one on this machine.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>How long the store may take for one request.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (string.IsNullOrEmpty(Name))
        {
            if (Endpoint is not null || AccessKey is not null || SecretKeyFile is not null)
                yield return new ValidationResult($"{NameKey} is missing: the name of the bucket.", [nameof(Name)]);
            yield break;
        }

        if (!Uri.TryCreate(Endpoint, UriKind.Absolute, out var at)
            || !(at.Scheme == Uri.UriSchemeHttps || (AllowPlainHttp && at.Scheme == Uri.UriSchemeHttp)))
        {
            yield return new ValidationResult(
                "Audit:Bucket:Endpoint must be the store's address with https://, or with http:// if Audit:Bucket:AllowPlainHttp is set.",
                [nameof(Endpoint)]);
        }

        if (AccessKey is null || SecretKeyFile is null || !File.Exists(SecretKeyFile))
        {
            yield return new ValidationResult(
                "Audit:Bucket needs an AccessKey, and a SecretKeyFile that is there and has the secret access key on its first line.",
                [nameof(AccessKey), nameof(SecretKeyFile)]);
        }
    }
}
