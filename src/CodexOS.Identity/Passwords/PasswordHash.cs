using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Identity.Passwords;

/// <summary>
/// A stored password hash. The text names its own format and parameters, so that both can change without a migration:
/// <c>$pbkdf2-sha512$v=1,i=210000$salt$hash</c>, salt and hash in base64url. The password enters as its UTF-8 bytes.
/// </summary>
internal sealed record PasswordHash(int Iterations, byte[] Salt, byte[] Hash)
{
    /// <summary>The least that OWASP's password storage cheat sheet asks of PBKDF2-HMAC-SHA512.</summary>
    public const int IterationsMin = 210_000;

    private const int SaltBytes = 16;
    private const int HashBytes = 32;
    private const string Algorithm = "pbkdf2-sha512";
    private const string Version = "v=1";

    /// <summary>Hashes a password with a new salt.</summary>
    public static PasswordHash Make(string password, int iterations)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return new PasswordHash(iterations, salt, Derive(password, salt, iterations));
    }

    /// <summary>A hash that no password has, for checks that must fail at the usual price.</summary>
    public static PasswordHash Decoy(int iterations) =>
        new(iterations, RandomNumberGenerator.GetBytes(SaltBytes), RandomNumberGenerator.GetBytes(HashBytes));

    /// <summary>Whether this is the hash of the password. Takes the same time either way.</summary>
    public bool Matches(string password) =>
        CryptographicOperations.FixedTimeEquals(Derive(password, Salt, Iterations), Hash);

    /// <summary>Reads the stored text.</summary>
    /// <exception cref="FormatException">The text is not a password hash: the row is damaged.</exception>
    public static PasswordHash Parse(string stored)
    {
        if (stored.Split('$') is not ["", Algorithm, var parameters, var salt, var hash]
            || parameters.Split(',') is not [Version, ['i', '=', .. var iterations]]
            || !int.TryParse(iterations, NumberStyles.None, CultureInfo.InvariantCulture, out var count) || count < 1
            || !Base64Url.IsValid(salt) || !Base64Url.IsValid(hash))
        {
            throw new FormatException("A stored password hash has an unknown format.");
        }

        var parsed = new PasswordHash(count, Base64Url.DecodeFromChars(salt), Base64Url.DecodeFromChars(hash));
        return parsed is { Salt.Length: SaltBytes, Hash.Length: HashBytes }
            ? parsed
            : throw new FormatException("A stored password hash has the wrong length.");
    }

    /// <summary>The text to store.</summary>
    public override string ToString() =>
        $"${Algorithm}${Version},i={Iterations}${Base64Url.EncodeToString(Salt)}${Base64Url.EncodeToString(Hash)}";

    private static byte[] Derive(string password, byte[] salt, int iterations)
    {
        IdentityTelemetry.CountIterations(iterations);
        return Rfc2898DeriveBytes.Pbkdf2(
            Encoding.UTF8.GetBytes(password), salt, iterations, HashAlgorithmName.SHA512, HashBytes);
    }
}
