using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Http;
using CodexOS.Trust.Storage;

namespace CodexOS.Trust.Audit;

/// <summary>
/// What is hashed of an entry, described in <c>docs/operate/audit.md</c>: one line of canonical JSON with everything that
/// its row says but its place, which the tree proves.
/// </summary>
internal static class AuditLeaf
{
    /// <summary>Written into each leaf; another way to write leaves gets another number.</summary>
    private const int Version = 1;

    public const int SaltBytes = 32;

    /// <summary>The text of the leaf, rebuilt from the row so that no change of a column escapes.</summary>
    public static string TextOf(AuditRow row)
    {
        var text = new StringBuilder(512);
        text.Append("{\"action\":").AppendCanonical(row.Action);
        text.Append(",\"actor\":{\"id\":").AppendCanonical(row.ActorId);
        text.Append(",\"kind\":").AppendCanonical(row.ActorKind);
        text.Append(CultureInfo.InvariantCulture, $"}},\"at\":{row.At.ToUnixTimeMilliseconds()},\"details\":");
        text.Append(row.Details);
        text.Append(",\"entry\":").AppendCanonical(row.EntryId.ToString());
        text.Append(",\"outcome\":").AppendCanonical(row.Outcome);
        text.Append(",\"personal\":").Append(row.Commitments);
        if (row is { ResourceType: { } type, ResourceId: { } id })
        {
            text.Append(",\"resource\":{\"id\":").AppendCanonical(id);
            text.Append(",\"type\":").AppendCanonical(type).Append('}');
        }

        text.Append(",\"tenant\":").AppendCanonical(AuditLogs.NameOf(row.TenantId));
        return text.Append(CultureInfo.InvariantCulture, $",\"v\":{Version}}}").ToString();
    }

    /// <summary>The leaf's hash in the tree.</summary>
    public static byte[] HashOf(AuditRow row) => Merkle.LeafHash(Encoding.UTF8.GetBytes(TextOf(row)));

    /// <summary>
    /// Commits to a fact about a person: nobody learns it from the commitment, even by trying all that it could be, and
    /// nobody can claim another fact later.
    /// </summary>
    public static (byte[] Salt, string Commitment) Commit(string value)
    {
        var salt = RandomNumberGenerator.GetBytes(SaltBytes);
        return (salt, CommitmentOf(salt, value));
    }

    /// <summary>SHA-256 over the salt and the value in UTF-8, in lower case hexadecimal digits.</summary>
    public static string CommitmentOf(ReadOnlySpan<byte> salt, string value) =>
        Convert.ToHexStringLower(SHA256.HashData([.. salt, .. Encoding.UTF8.GetBytes(value)]));
}
