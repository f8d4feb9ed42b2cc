using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    /// <summary>One page of the secrets, by name, without their values.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<SecretSummary>> ListSecretsAsync(int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/secrets").With("limit", limit).With("cursor", cursor).ToString()),
            WireJson.Default.SecretPage,
            cancellationToken);

    /// <summary>All secrets, page by page, by name, without their values.</summary>
    public IAsyncEnumerable<SecretSummary> ListAllSecretsAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListSecretsAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>Sets a secret, in the place of one that was there.</summary>
    public Task<SecretSummary> SetSecretAsync(string name, SetSecret secret, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Put, SecretPath(name)) { Body = () => JsonBody.Of(secret, WireJson.Default.SetSecret) },
            WireJson.Default.SecretSummary,
            cancellationToken);

    /// <summary>Removes a secret.</summary>
    public Task RemoveSecretAsync(string name, CancellationToken cancellationToken) =>
        _transport.SendAsync(new ApiCall(HttpMethod.Delete, SecretPath(name)), cancellationToken);

    /// <summary>Shows a secret. That it was shown is in the audit log before it is answered.</summary>
    public Task<RevealedSecret> RevealSecretAsync(string name, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SecretPath(name)}/reveal"), WireJson.Default.RevealedSecret, cancellationToken);

    /// <summary>One page of the versions of the encryption keys, newest first.</summary>
    /// <param name="limit">How many at most, 1 to 100.</param>
    /// <param name="cursor">The cursor of the page before; null for the first.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<Page<KeyVersion>> ListKeysAsync(int? limit, string? cursor, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/keys").With("limit", limit).With("cursor", cursor).ToString()),
            WireJson.Default.KeyPage,
            cancellationToken);

    /// <summary>All versions of the encryption keys, page by page, newest first.</summary>
    public IAsyncEnumerable<KeyVersion> ListAllKeysAsync(CancellationToken cancellationToken) =>
        PagesAsync((cursor, token) => ListKeysAsync(PageSize, cursor, token), cancellationToken);

    /// <summary>Starts a run that replaces the encryption keys and seals everything anew, while they are in use.</summary>
    public Task<Run> RotateKeysAsync(CancellationToken cancellationToken) =>
        _transport.SendAsync(Once("api/v1/keys/rotate"), WireJson.Default.Run, cancellationToken);

    /// <summary>A rotation of the encryption keys, with what it came to.</summary>
    public Task<KeyRotation> GetKeyRotationAsync(string runId, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get($"api/v1/keys/rotations/{Query.Segment(runId)}"), WireJson.Default.KeyRotation, cancellationToken);

    private static string SecretPath(string name) => $"api/v1/secrets/{Query.Segment(name)}";
}
