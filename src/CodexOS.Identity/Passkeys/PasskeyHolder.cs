using Microsoft.AspNetCore.Identity;

namespace CodexOS.Identity.Passkeys;

/// <summary>A person as a ceremony sees them.</summary>
/// <param name="Handle">What their devices know them by: the id of the account, which says nothing about them.</param>
/// <param name="Passkeys">The passkeys that count in the ceremony.</param>
internal sealed record PasskeyHolder(string Handle, IReadOnlyList<UserPasskeyInfo> Passkeys);

/// <summary>
/// Shows the library the one person that a ceremony is about, or nobody. Accounts are this module's own, so everything else
/// that stores can be asked for is refused.
/// </summary>
internal sealed class OneHolder(PasskeyHolder? holder) : IUserPasskeyStore<PasskeyHolder>
{
    public Task<string> GetUserIdAsync(PasskeyHolder user, CancellationToken cancellationToken) =>
        Task.FromResult(user.Handle);

    public Task<PasskeyHolder?> FindByIdAsync(string userId, CancellationToken cancellationToken) =>
        Task.FromResult(holder?.Handle == userId ? holder : null);

    public Task<IList<UserPasskeyInfo>> GetPasskeysAsync(PasskeyHolder user, CancellationToken cancellationToken) =>
        Task.FromResult<IList<UserPasskeyInfo>>([.. user.Passkeys]);

    public Task<UserPasskeyInfo?> FindPasskeyAsync(
        PasskeyHolder user, byte[] credentialId, CancellationToken cancellationToken) =>
        Task.FromResult(user.Passkeys.SingleOrDefault(passkey => passkey.CredentialId.AsSpan().SequenceEqual(credentialId)));

    public async Task<PasskeyHolder?> FindByPasskeyIdAsync(byte[] credentialId, CancellationToken cancellationToken) =>
        holder is not null && await FindPasskeyAsync(holder, credentialId, cancellationToken) is not null ? holder : null;

    public void Dispose()
    {
        // There is nothing to let go of.
    }

    public Task AddOrUpdatePasskeyAsync(PasskeyHolder user, UserPasskeyInfo passkey, CancellationToken cancellationToken) =>
        throw NotHere();

    public Task RemovePasskeyAsync(PasskeyHolder user, byte[] credentialId, CancellationToken cancellationToken) =>
        throw NotHere();

    public Task<string?> GetUserNameAsync(PasskeyHolder user, CancellationToken cancellationToken) => throw NotHere();

    public Task SetUserNameAsync(PasskeyHolder user, string? userName, CancellationToken cancellationToken) =>
        throw NotHere();

    public Task<string?> GetNormalizedUserNameAsync(PasskeyHolder user, CancellationToken cancellationToken) =>
        throw NotHere();

    public Task SetNormalizedUserNameAsync(
        PasskeyHolder user, string? normalizedName, CancellationToken cancellationToken) => throw NotHere();

    public Task<IdentityResult> CreateAsync(PasskeyHolder user, CancellationToken cancellationToken) => throw NotHere();

    public Task<IdentityResult> UpdateAsync(PasskeyHolder user, CancellationToken cancellationToken) => throw NotHere();

    public Task<IdentityResult> DeleteAsync(PasskeyHolder user, CancellationToken cancellationToken) => throw NotHere();

    public Task<PasskeyHolder?> FindByNameAsync(string normalizedUserName, CancellationToken cancellationToken) =>
        throw NotHere();

    private static NotSupportedException NotHere() => new("A ceremony looks one person up and changes nothing.");
}
