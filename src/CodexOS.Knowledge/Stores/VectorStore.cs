using System.Net.Sockets;
using System.Text.Json;
using CodexOS.Knowledge.Contracts;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace CodexOS.Knowledge.Stores;

/// <summary>
/// A store, with limits: each request has its time, only so many are made at once, and one that did not answer is left alone
/// for a while, so that searches do not wait for it one after another. What goes wrong is a fault and never an exception.
/// </summary>
internal sealed partial class VectorStore(
    string name, StoreOptions options, IVectorClient client, TimeProvider clock, ILogger log) : IAsyncDisposable
{
    private readonly SemaphoreSlim _places = new(options.RequestsAtOnceMax, options.RequestsAtOnceMax);
    private readonly Lock _turning = new();
    private TaskCompletionSource _back = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long? _failedAt;

    public string Name => name;

    public StoreOptions Options => options;

    /// <summary>Completes when a store that does not answer does so again; of one that answers, the next time.</summary>
    public Task Back
    {
        get
        {
            lock (_turning) return _back.Task;
        }
    }

    public Task<Result<Done>> PingAsync(CancellationToken cancellationToken) =>
        AskAsync(options.SearchTimeMax, client.PingAsync, cancellationToken);

    public Task<Result<Done>> EnsureCollectionExistsAsync(VectorCollection collection, CancellationToken cancellationToken) =>
        AskAsync(options.RequestTimeMax, token => client.EnsureCollectionExistsAsync(collection, token), cancellationToken);

    public Task<Result<Done>> EnsureCollectionDeletedAsync(VectorCollection collection, CancellationToken cancellationToken) =>
        AskAsync(
            options.RequestTimeMax, token => client.EnsureCollectionDeletedAsync(collection.Name, token), cancellationToken);

    /// <summary>Deletes all collections of a base but one.</summary>
    public async Task<Result<Done>> EnsureOthersDeletedAsync(
        KnowledgeBaseId id, VectorCollection? kept, CancellationToken cancellationToken)
    {
        var listed = await AskAsync(
            options.RequestTimeMax, token => client.ListCollectionNamesAsync(VectorCollection.PrefixOf(id), token),
            cancellationToken);
        if (!listed.TryGet(out var names, out var fault)) return fault;
        foreach (var other in names.Where(each => each != kept?.Name))
        {
            var deleted = await AskAsync(
                options.RequestTimeMax, token => client.EnsureCollectionDeletedAsync(other, token), cancellationToken);
            if (!deleted.IsOk) return deleted;
        }

        return Done.Value;
    }

    public Task<Result<long>> CountAsync(VectorCollection collection, CancellationToken cancellationToken) =>
        AskAsync(options.RequestTimeMax, token => client.CountAsync(collection, token), cancellationToken);

    public Task<Result<Done>> UpsertAsync(
        VectorCollection collection, IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) =>
        AskAsync(options.RequestTimeMax, token => client.UpsertAsync(collection, records, token), cancellationToken);

    public Task<Result<Done>> DeleteAsync(
        VectorCollection collection, IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken) =>
        AskAsync(options.RequestTimeMax, token => client.DeleteAsync(collection, documents, token), cancellationToken);

    public Task<Result<IReadOnlyList<VectorMatch>>> SearchAsync(
        VectorCollection collection, VectorSearch search, CancellationToken cancellationToken) =>
        AskAsync(options.SearchTimeMax, token => client.SearchAsync(collection, search, token), cancellationToken);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await client.DisposeAsync();
        _places.Dispose();
    }

    private Task<Result<Done>> AskAsync(
        TimeSpan timeMax, Func<CancellationToken, Task> ask, CancellationToken cancellationToken) =>
        AskAsync(
            timeMax,
            async token =>
            {
                await ask(token);
                return Done.Value;
            },
            cancellationToken);

    private async Task<Result<T>> AskAsync<T>(
        TimeSpan timeMax, Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        if (IsLeftAlone()) return StoreFaults.Unavailable(name);
        using var timer = new CancellationTokenSource(timeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timer.Token);
        try
        {
            await _places.WaitAsync(both.Token);
            try
            {
                var answer = await ask(both.Token);
                Answered();
                return answer;
            }
            finally
            {
                _places.Release();
            }
        }
        catch (VectorStoreException refused)
        {
            Answered();
            return refused.Fault;
        }
        catch (Exception error) when (IsOutage(error, cancellationToken))
        {
            Failed(error);
            return StoreFaults.Unavailable(name);
        }
    }

    private bool IsLeftAlone()
    {
        lock (_turning) return _failedAt is { } failedAt && clock.GetElapsedTime(failedAt) < options.PauseAfterFailure;
    }

    private void Answered()
    {
        lock (_turning)
        {
            if (_failedAt is null) return;
            _failedAt = null;
            _back.SetResult();
            _back = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        LogBack(log, name);
    }

    private void Failed(Exception error)
    {
        bool isNew;
        lock (_turning)
        {
            isNew = _failedAt is null;
            _failedAt = clock.GetTimestamp();
        }

        if (isNew) LogDown(log, name, error.GetType().Name);
    }

    private static bool IsOutage(Exception error, CancellationToken cancellationToken) => error switch
    {
        OperationCanceledException => !cancellationToken.IsCancellationRequested,
        HttpRequestException or IOException or SocketException or NpgsqlException or JsonException or TimeoutException => true,
        _ => false,
    };

    [LoggerMessage(Level = LogLevel.Warning, Message = "The store {Store} cannot be reached ({Error}).")]
    private static partial void LogDown(ILogger logger, string store, string error);

    [LoggerMessage(Level = LogLevel.Information, Message = "The store {Store} answers again.")]
    private static partial void LogBack(ILogger logger, string store);
}
