using System.Diagnostics;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Testing;
using Lucene.Net.Analysis.Core;
using Lucene.Net.Analysis.TokenAttributes;
using Lucene.Net.Documents;
using Lucene.Net.Index;
using Lucene.Net.Search;
using Lucene.Net.Search.Similarities;
using Lucene.Net.Store;
using Lucene.Net.Util;
using Microsoft.Data.Sqlite;
using IndexOptions = CodexOS.Knowledge.Index.IndexOptions;

namespace CodexOS.Bench;

/// <summary>The same passages and queries in the index, in Lucene.NET and in SQLite's full-text search.</summary>
internal static class KnowledgeWords
{
    public const string P95 = "words, 100k passages: codexos, p95";
    public const string LuceneP95 = "words, 100k passages: Lucene.NET, p95";
    public const string HybridP95 = "hybrid, 100k passages: codexos, p95";

    private const int Passages = 100_000;
    private const int QueryCount = 300;
    private const int Rounds = 5;
    private const int HitCount = 10;

    public static void Run(Report report)
    {
        using var temp = new TempDirectory();
        var texts = KnowledgeCorpus.Texts(Passages);
        var queries = KnowledgeCorpus.Queries(texts, QueryCount);
        using var index = Build(report, temp, texts);
        using var lucene = new LucenePeer(report, temp.In("lucene"), texts);
        using var sqlite = new SqlitePeer(report, temp.In("fts.db"), texts);
        for (var round = 0; round < Rounds; round++)
        {
            Measure(report, "words, 100k passages: codexos", queries, query => Search(index, query, Channels.Lexical));
            Measure(report, "words, 100k passages: Lucene.NET", queries, lucene.Search);
            if (round == 0) Measure(report, "words, 100k passages: SQLite FTS5", queries[..40], sqlite.Search);
        }

        index.Refit(CancellationToken.None);
        for (var round = 0; round < Rounds; round++)
            Measure(report, "hybrid, 100k passages: codexos", queries, query => Search(index, query, Channels.All));
        report.Compare("words p95: codexos / Lucene.NET", P95, LuceneP95);
        report.Compare(
            "words p50: codexos / Lucene.NET", "words, 100k passages: codexos, p50", "words, 100k passages: Lucene.NET, p50");
    }

    private static KnowledgeIndex Build(Report report, TempDirectory temp, List<string> texts)
    {
        var clock = Stopwatch.StartNew();
        var index = KnowledgeIndex.Open(
            temp.In("index"), new IndexOptions { HasBackgroundWork = false, SegmentsPerTierMax = 1 }, TimeProvider.System).Value;
        index.Publish([.. texts.Select(static (text, i) => KnowledgeCorpus.Passage(i, text))], [], CancellationToken.None);
        while (index.Merge(CancellationToken.None).Value) { }
        report.Add("build, 100k passages: codexos", clock.Elapsed.TotalMilliseconds, "ms");
        return index;
    }

    private static int Search(KnowledgeIndex index, string query, Channels channels) => index.Search(
        new SearchQuery(query, SearchFilter.Everything, HitCount) { Channels = channels }, CancellationToken.None)
        .Value.Hits.Length;

    private static void Measure(Report report, string name, List<string> queries, Func<string, int> search)
    {
        foreach (var query in queries.Take(20)) search(query);
        var latencies = new List<double>();
        foreach (var query in queries)
        {
            var start = Stopwatch.GetTimestamp();
            search(query);
            latencies.Add(Stopwatch.GetElapsedTime(start).TotalMicroseconds);
        }

        report.Add($"{name}, p50", Report.Percentile(latencies, 50), "µs");
        report.Add($"{name}, p95", Report.Percentile(latencies, 95), "µs");
    }

    /// <summary>Lucene.NET with the same BM25 and words as they are, on mapped files.</summary>
    private sealed class LucenePeer : IDisposable
    {
        private readonly WhitespaceAnalyzer _words = new(LuceneVersion.LUCENE_48);
        private readonly MMapDirectory _directory;
        private readonly DirectoryReader _reader;
        private readonly IndexSearcher _searcher;

        public LucenePeer(Report report, string path, List<string> texts)
        {
            var clock = Stopwatch.StartNew();
            _directory = new MMapDirectory(path);
            var config = new IndexWriterConfig(LuceneVersion.LUCENE_48, _words)
            {
                Similarity = new BM25Similarity(),
                RAMBufferSizeMB = 256,
            };
            using (var writer = new Lucene.Net.Index.IndexWriter(_directory, config))
            {
                foreach (var text in texts) writer.AddDocument([new TextField("text", text, Field.Store.NO)]);
                writer.ForceMerge(1);
                writer.Commit();
            }

            report.Add("build, 100k passages: Lucene.NET", clock.Elapsed.TotalMilliseconds, "ms");
            _reader = DirectoryReader.Open(_directory);
            _searcher = new IndexSearcher(_reader) { Similarity = new BM25Similarity() };
        }

        public int Search(string text)
        {
            var query = new BooleanQuery();
            using (var stream = _words.GetTokenStream("text", text))
            {
                var term = stream.GetAttribute<ICharTermAttribute>();
                stream.Reset();
                while (stream.IncrementToken()) query.Add(new TermQuery(new Term("text", term.ToString())), Occur.SHOULD);
                stream.End();
            }

            return _searcher.Search(query, HitCount).ScoreDocs.Length;
        }

        public void Dispose()
        {
            _reader.Dispose();
            _directory.Dispose();
            _words.Dispose();
        }
    }

    /// <summary>SQLite's full-text search.</summary>
    private sealed class SqlitePeer : IDisposable
    {
        private readonly SqliteConnection _connection;

        public SqlitePeer(Report report, string path, List<string> texts)
        {
            var clock = Stopwatch.StartNew();
            _connection = new SqliteConnection($"Data Source={path};Pooling=False");
            _connection.Open();
            Execute("PRAGMA journal_mode=wal; CREATE VIRTUAL TABLE f USING fts5(text, content='')");
            using (var transaction = _connection.BeginTransaction())
            {
                using var insert = _connection.CreateCommand();
                insert.CommandText = "INSERT INTO f(rowid, text) VALUES ($id, $text)";
                var id = insert.Parameters.Add("$id", SqliteType.Integer);
                var text = insert.Parameters.Add("$text", SqliteType.Text);
                for (var i = 0; i < texts.Count; i++)
                {
                    (id.Value, text.Value) = (i, texts[i]);
                    insert.ExecuteNonQuery();
                }

                transaction.Commit();
            }

            report.Add("build, 100k passages: SQLite FTS5", clock.Elapsed.TotalMilliseconds, "ms");
        }

        public int Search(string text)
        {
            using var select = _connection.CreateCommand();
            select.CommandText = "SELECT rowid FROM f WHERE f MATCH $query ORDER BY rank LIMIT 10";
            select.Parameters.AddWithValue("$query", string.Join(" OR ", text.Split(' ').Select(static word => $"\"{word}\"")));
            using var reader = select.ExecuteReader();
            var count = 0;
            while (reader.Read()) count++;
            return count;
        }

        public void Dispose() => _connection.Dispose();

        private void Execute(string sql)
        {
            using var command = _connection.CreateCommand();
            command.CommandText = sql;
            command.ExecuteNonQuery();
        }
    }
}
