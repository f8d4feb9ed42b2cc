using System.Diagnostics;
using System.Globalization;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Index.Vectors;
using CodexOS.Knowledge.Stores;
using CodexOS.Knowledge.Stores.Chroma;
using CodexOS.Knowledge.Stores.Pgvector;
using CodexOS.Platform.Ids;
using CodexOS.Testing;
using CodexOS.Testing.Servers;

namespace CodexOS.Bench;

/// <summary>
/// The same vectors in the index, in a Chroma server and in a PostgreSQL that runs as WebAssembly: how fast the ten nearest are
/// found, and how many of the truly nearest are among them. The servers are on this machine: the network costs next to nothing.
/// </summary>
internal static class KnowledgeStores
{
    private const int Dimension = 192;
    private const int QueryCount = 200;
    private const int HitCount = 10;
    private const int Batch = 500;
    private const int Rounds = 3;

    public static async Task RunAsync(Report report, int count, bool hasPostgres)
    {
        using var temp = new TempDirectory();
        var name = string.Create(CultureInfo.InvariantCulture, $"{count / 1000}k × {Dimension}");
        var rows = KnowledgeCorpus.Vectors(count + QueryCount, Dimension).Select(static row => row.ToArray()).ToList();
        var (stored, queries) = (rows[..count], rows[count..]);
        var key = new EmbedderKey("bench", Dimension, "1");
        var clock = Stopwatch.StartNew();
        new VectorWriter(key).Write(temp.In("vectors"), sink => stored.ForEach(row => sink(row)));
        report.Add($"fill, {name}: codexos", clock.Elapsed.TotalMilliseconds, "ms");
        using var vectors = VectorSet.Open(temp.In("vectors"), key).Value;
        var all = Bits.Full(count);
        var truths = queries.ConvertAll(
            query => vectors.Exact(query, all, HitCount).Select(static hit => hit.Passage).ToHashSet());
        for (var round = 0; round < Rounds; round++)
        {
            await MeasureAsync(report, $"{name}, codexos", queries, truths, query =>
                Task.FromResult(vectors.Search(query, all, HitCount).ConvertAll(static hit => hit.Passage)));
        }

        var collection = new VectorCollection(new TenantId(Guid.Empty), new KnowledgeBaseId(Guid.Empty), key, "bench");
        await using (var server = await ChromaServer.StartAsync(CancellationToken.None))
        await using (var client = new ChromaClient("chroma", new StoreOptions { Url = server.Url }))
            await RunAsync(report, name, "chroma", client, collection, stored, queries, truths);
        if (!hasPostgres) return;
        await using (var server = await PgvectorServer.StartAsync(CancellationToken.None))
        await using (var client = new PgvectorClient("pg", new StoreOptions
        {
            ConnectionString = server.ConnectionString,
            RequestsAtOnceMax = 1,
        }))
            await RunAsync(report, name, "pgvector (wasm)", client, collection, stored, queries, truths);
    }

    private static async Task RunAsync(
        Report report, string name, string store, IVectorClient client, VectorCollection collection, List<float[]> stored,
        List<float[]> queries, List<HashSet<int>> truths)
    {
        var clock = Stopwatch.StartNew();
        await client.EnsureCollectionExistsAsync(collection, CancellationToken.None);
        foreach (var (number, batch) in stored.Chunk(Batch).Index())
        {
            await client.UpsertAsync(
                collection,
                [.. batch.Select((row, at) => new VectorRecord(new PassageKey(Guid.Empty, (number * Batch) + at), [], row))],
                CancellationToken.None);
        }

        report.Add($"fill, {name}: {store}", clock.Elapsed.TotalMilliseconds, "ms");
        for (var round = 0; round < Rounds; round++)
        {
            await MeasureAsync(report, $"{name}, {store}", queries, truths, async query =>
                (await client.SearchAsync(
                    collection, new VectorSearch(query, HitCount, null, null), CancellationToken.None))
                .Select(static match => match.Key.Ordinal).ToList());
        }

        report.Compare($"{name}, p50: codexos / {store}", $"{name}, codexos: p50", $"{name}, {store}: p50");
    }

    private static async Task MeasureAsync(
        Report report, string name, List<float[]> queries, List<HashSet<int>> truths, Func<float[], Task<List<int>>> search)
    {
        foreach (var query in queries.Take(20)) await search(query);
        var (latencies, found) = (new List<double>(), 0);
        for (var i = 0; i < queries.Count; i++)
        {
            var start = Stopwatch.GetTimestamp();
            var hits = await search(queries[i]);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
            found += hits.Count(truths[i].Contains);
        }

        report.Add($"{name}: p50", Report.Percentile(latencies, 50), "µs");
        report.Add($"{name}: p99", Report.Percentile(latencies, 99), "µs");
        report.Add($"{name}: recall@10", 100d * found / (queries.Count * HitCount), "%");
    }
}
