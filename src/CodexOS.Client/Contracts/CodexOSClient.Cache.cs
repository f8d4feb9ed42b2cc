using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string Cache = "api/v1/cached-answers";
    private const string CacheSetting = "api/v1/semantic-cache";

    /// <summary>All answers in the semantic cache, page by page, newest first.</summary>
    /// <param name="agent">The agent whose answers are wanted; null for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public IAsyncEnumerable<CachedAnswer> ListAllCachedAnswersAsync(
        string? agent, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(
                new Query(Cache).With("agent", agent).With("limit", PageSize).With("cursor", cursor).ToString()),
            WireJson.Default.CachedAnswerPage,
            token),
        cancellationToken);

    /// <summary>Removes all answers from the semantic cache, or those of an agent.</summary>
    /// <param name="agent">The agent; null for all.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<CacheCleared> ClearCachedAnswersAsync(string? agent, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, new Query(Cache).With("agent", agent).ToString()), WireJson.Default.CacheCleared,
        cancellationToken);

    /// <summary>Whether agents of the tenant may give answers again.</summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<SemanticCacheSetting> GetSemanticCacheAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(CacheSetting), WireJson.Default.SemanticCacheSetting, cancellationToken);

    /// <summary>Switches the semantic cache for all agents of the tenant. Off also removes what is kept.</summary>
    /// <param name="enabled">Whether agents may give answers again whose definitions ask for it.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public Task<SemanticCacheSetting> SetSemanticCacheAsync(
        bool enabled, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Put, CacheSetting)
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new SemanticCacheSetting(enabled), WireJson.Default.SemanticCacheSetting),
        },
        WireJson.Default.SemanticCacheSetting,
        cancellationToken);
}
