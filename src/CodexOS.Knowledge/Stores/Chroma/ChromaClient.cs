using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CodexOS.Knowledge.Stores.Chroma;

/// <summary>
/// Speaks with a Chroma server over version 2 of its HTTP interface. The operator chose the address, so it may lie in a private
/// network; redirects and proxies are not followed, since they could lead elsewhere.
/// </summary>
internal sealed class ChromaClient : IVectorClient
{
    private const int PageCollections = 500;
    private const int EffortMin = 200;
    private const string Open = "open";
    private const string DocumentTag = "document";

    private readonly string _name, _collections;
    private readonly HttpClient _http;

    // Chroma asks for the id that it gave a collection; a collection that was made anew has another.
    private readonly ConcurrentDictionary<string, string> _ids = new(StringComparer.Ordinal);

    public ChromaClient(string name, StoreOptions options)
    {
        _name = name;
        _collections = $"api/v2/tenants/{options.ChromaTenant}/databases/{options.ChromaDatabase}/collections";
        var root = options.Url!.AbsoluteUri;
        _http = new HttpClient(new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            ConnectTimeout = options.RequestTimeMax,
            MaxConnectionsPerServer = options.RequestsAtOnceMax,
            PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        })
        {
            BaseAddress = new Uri(root.EndsWith('/') ? root : root + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            MaxResponseContentBufferSize = options.AnswerBytesMax,
        };
        if (string.IsNullOrEmpty(options.TokenFile)) return;
        var token = File.ReadAllText(options.TokenFile).Trim();
        var isBearer = options.TokenHeader.Equals("Authorization", StringComparison.OrdinalIgnoreCase);
        _http.DefaultRequestHeaders.TryAddWithoutValidation(options.TokenHeader, isBearer ? $"Bearer {token}" : token);
    }

    /// <inheritdoc />
    public Task PingAsync(CancellationToken cancellationToken) =>
        SendAsync(HttpMethod.Get, "api/v2/heartbeat", null, cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<string>> ListCollectionNamesAsync(string prefix, CancellationToken cancellationToken)
    {
        var names = new List<string>();
        for (var offset = 0; ; offset += PageCollections)
        {
            var page = await SendAsync(
                HttpMethod.Get, $"{_collections}?limit={PageCollections}&offset={offset}", null, cancellationToken);
            var all = Understood(page, static page =>
                page.EnumerateArray().Select(static one => one.GetProperty("name").GetString()!).ToList());
            names.AddRange(all.Where(name => name.StartsWith(prefix, StringComparison.Ordinal)));
            if (all.Count < PageCollections) return names;
        }
    }

    /// <inheritdoc />
    public async Task EnsureCollectionExistsAsync(VectorCollection collection, CancellationToken cancellationToken)
    {
        var made = await SendAsync(
            HttpMethod.Post, _collections,
            new JsonObject
            {
                ["name"] = collection.Name,
                ["get_or_create"] = true,
                ["metadata"] = new JsonObject
                {
                    ["tenant"] = collection.Tenant.ToString(),
                    ["base"] = collection.Base.ToString(),
                    ["model"] = collection.Model.ModelId,
                    ["dimension"] = collection.Model.Dimension,
                    ["revision"] = collection.Model.Revision,
                },
                ["configuration"] = new JsonObject
                {
                    ["hnsw"] = new JsonObject
                    {
                        ["space"] = "cosine",
                        ["ef_search"] = EffortMin,
                        ["ef_construction"] = EffortMin,
                        ["max_neighbors"] = 32,
                    },
                },
            },
            cancellationToken);
        _ids[collection.Name] = IdOf(made);
    }

    /// <inheritdoc />
    public async Task EnsureCollectionDeletedAsync(string name, CancellationToken cancellationToken)
    {
        _ids.TryRemove(name, out _);
        try
        {
            await SendAsync(HttpMethod.Delete, $"{_collections}/{name}", null, cancellationToken);
        }
        catch (VectorStoreException gone) when (gone.Fault.Code == StoreFaults.MissingCode)
        {
            // That is what was wanted.
        }
    }

    /// <inheritdoc />
    public async Task<long> CountAsync(VectorCollection collection, CancellationToken cancellationToken) => Understood(
        await AskAsync(collection, HttpMethod.Get, "count", null, cancellationToken), static answer => answer.GetInt64());

    /// <inheritdoc />
    public Task UpsertAsync(
        VectorCollection collection, IReadOnlyList<VectorRecord> records, CancellationToken cancellationToken) =>
        AskAsync(
            collection, HttpMethod.Post, "upsert",
            new
            {
                ids = records.Select(static record => VectorIds.Of(record.Key)),
                embeddings = records.Select(static record => record.Vector),
                metadatas = records.Select(TagsOf),
            },
            cancellationToken);

    /// <inheritdoc />
    public Task DeleteAsync(
        VectorCollection collection, IReadOnlyCollection<Guid> documents, CancellationToken cancellationToken) =>
        AskAsync(
            collection, HttpMethod.Post, "delete",
            new Dictionary<string, object>
            {
                ["where"] = new Dictionary<string, object>
                {
                    [DocumentTag] = new Dictionary<string, object> { ["$in"] = documents.Select(VectorIds.Of) },
                },
            },
            cancellationToken);

    /// <inheritdoc />
    public async Task<IReadOnlyList<VectorMatch>> SearchAsync(
        VectorCollection collection, VectorSearch search, CancellationToken cancellationToken)
    {
        var query = new Dictionary<string, object>
        {
            ["query_embeddings"] = (ReadOnlyMemory<float>[])[search.Vector],
            ["n_results"] = search.Top,
            ["include"] = (string[])["distances"],
        };
        if (search.Readers is { } readers) query["where"] = Where(readers);
        if (search.Keys is { } keys) query["ids"] = keys.Select(VectorIds.Of);
        return Understood(await AskAsync(collection, HttpMethod.Post, "query", query, cancellationToken), MatchesOf);
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _http.Dispose();
        return ValueTask.CompletedTask;
    }

    private static List<VectorMatch> MatchesOf(JsonElement found)
    {
        var distances = found.GetProperty("distances")[0];
        var matches = new List<VectorMatch>(distances.GetArrayLength());
        var at = 0;
        foreach (var id in found.GetProperty("ids")[0].EnumerateArray())
        {
            var distance = distances[at++];
            if (VectorIds.Read(id.GetString()!) is { } key && distance.ValueKind is JsonValueKind.Number)
                matches.Add(new VectorMatch(key, 1 - distance.GetSingle()));
        }

        return matches;
    }

    /// <summary>Values of metadata are single ones here, so each reader is a key.</summary>
    private static Dictionary<string, object> TagsOf(VectorRecord record)
    {
        var tags = new Dictionary<string, object> { [DocumentTag] = VectorIds.Of(record.Key.Document) };
        if (record.Readers.IsEmpty) tags[Open] = true;
        foreach (var reader in record.Readers) tags[KeyOf(reader)] = true;
        return tags;
    }

    private static Dictionary<string, object> Where(IReadOnlySet<string> readers)
    {
        var open = new Dictionary<string, object> { [Open] = true };
        if (readers.Count == 0) return open;
        return new Dictionary<string, object>
        {
            ["$or"] = readers.Select(static reader => new Dictionary<string, object> { [KeyOf(reader)] = true }).Prepend(open),
        };
    }

    private static string KeyOf(string reader) => $"reader:{reader}";

    private async Task<JsonElement> AskAsync(
        VectorCollection collection, HttpMethod method, string what, object? body, CancellationToken cancellationToken)
    {
        var isKnown = _ids.TryGetValue(collection.Name, out var id);
        if (!isKnown) id = await IdOfAsync(collection.Name, cancellationToken);
        try
        {
            return await SendAsync(method, $"{_collections}/{id}/{what}", body, cancellationToken);
        }
        catch (VectorStoreException gone) when (gone.Fault.Code == StoreFaults.MissingCode)
        {
            _ids.TryRemove(collection.Name, out _);
            throw;
        }
    }

    private async Task<string> IdOfAsync(string name, CancellationToken cancellationToken)
    {
        var found = await SendAsync(HttpMethod.Get, $"{_collections}/{name}", null, cancellationToken);
        return _ids[name] = IdOf(found);
    }

    private string IdOf(JsonElement collection) =>
        Understood(collection, static one => one.GetProperty("id").GetGuid().ToString());

    /// <summary>Reads an answer; one of another form than Chroma's is a fault of the store.</summary>
    private T Understood<T>(JsonElement answer, Func<JsonElement, T> read)
    {
        try
        {
            return read(answer);
        }
        catch (Exception error) when (error is KeyNotFoundException or InvalidOperationException or FormatException
            or IndexOutOfRangeException)
        {
            throw new VectorStoreException(StoreFaults.Refused(_name, "it answered what a Chroma server does not answer"));
        }
    }

    private async Task<JsonElement> SendAsync(
        HttpMethod method, string path, object? body, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(method, path);
        if (body is not null) request.Content = JsonContent.Create(body, body.GetType());
        using var answer = await _http.SendAsync(request, cancellationToken);
        if (answer.StatusCode is HttpStatusCode.NotFound) throw new VectorStoreException(StoreFaults.Missing(_name));
        if ((int)answer.StatusCode >= 500) throw new HttpRequestException(HttpRequestError.InvalidResponse);
        if (!answer.IsSuccessStatusCode)
            throw new VectorStoreException(StoreFaults.Refused(_name, $"it answered with {(int)answer.StatusCode}"));
        await using var content = await answer.Content.ReadAsStreamAsync(cancellationToken);
        using var json = await JsonDocument.ParseAsync(content, default, cancellationToken);
        return json.RootElement.Clone();
    }
}
