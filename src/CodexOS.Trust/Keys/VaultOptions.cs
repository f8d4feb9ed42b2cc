using System.ComponentModel.DataAnnotations;

namespace CodexOS.Trust.Keys;

/// <summary>Where the root key is, and how keys and secrets are kept.</summary>
public sealed class VaultOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Vault";

    private const int RootKeyBytes = 32;

    /// <summary>
    /// The root key: 32 bytes in base64, best given in the environment. By default it is in a file of the keys folder, made
    /// at the first start.
    /// </summary>
    public string? RootKey { get; set; }

    /// <summary>Root keys from before, which still unwrap what they have wrapped until keys are rotated.</summary>
    public IList<string> PreviousRootKeys { get; } = [];

    /// <summary>
    /// How long a key may be used without asking the database whether it still may be. A destroyed key is unusable after
    /// this time everywhere, and an old version is not retired before.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "01:00:00")]
    public TimeSpan KeyCacheLifetime { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How many keys are kept in memory at most.</summary>
    [Range(10, 1_000_000)]
    public int KeysCachedMax { get; set; } = 10_000;

    /// <summary>How many values rotation seals anew with one query.</summary>
    [Range(1, 10_000)]
    public int RotationBatchMax { get; set; } = 200;

    /// <summary>How many secrets a tenant may have.</summary>
    [Range(1, 10_000)]
    public int SecretsMax { get; set; } = 200;

    /// <summary>How long a secret may be, in bytes.</summary>
    [Range(16, 65_536)]
    public int SecretBytesMax { get; set; } = 16_384;

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (RootKey is { Length: > 0 } given && !IsKey(given))
            yield return new ValidationResult($"{Section}:{nameof(RootKey)} must be 32 bytes in base64. Make one with: openssl rand -base64 32");
        if (PreviousRootKeys.Any(static key => !IsKey(key)))
            yield return new ValidationResult($"{Section}:{nameof(PreviousRootKeys)} must be 32 bytes in base64 each.");
    }

    private static bool IsKey(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var length) && length == RootKeyBytes;
    }
}
