using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Signs statements of the installation with the key that signs the audit log, in the form of C2SP signed-note, so that
/// whoever can check the log can check them.
/// </summary>
public interface IAttestation
{
    /// <summary>Signs a statement for a tenant.</summary>
    /// <param name="tenant">Whose it is.</param>
    /// <param name="kind">What kind of statement, which is its first line: no checkpoint, and no statement of another kind, can be taken for it.</param>
    /// <param name="json">What it says, as one line of JSON.</param>
    string Sign(TenantId tenant, string kind, string json);

    /// <summary>What the signatures are checked with, as <c>name+id+key</c>.</summary>
    string VerifierOf(TenantId tenant);
}
