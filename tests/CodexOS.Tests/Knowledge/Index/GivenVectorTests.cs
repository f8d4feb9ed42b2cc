using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Queries;
using CodexOS.Knowledge.Index.Storage;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>Indexes whose vectors a model outside of them makes: here one that looks at the first letter of a text.</summary>
public sealed class GivenVectorTests
{
    private static readonly EmbedderKey s_letters = new("lab:letters/small", 26, "1");

    [Fact]
    public void What_is_near_by_the_given_vectors_is_found()
    {
        using var one = Given();
        one.Publish(Passage(1, "alpha"), Passage(2, "beta"), Passage(3, "avocado"));

        Found(one, "apple").ShouldBe([1, 3]);
        one.Index.Statistics.DenseWeight.ShouldBe(0.5);
        one.Index.Statistics.IsRefitWanted.ShouldBeFalse();
        one.Reopen();
        Found(one, "apple").ShouldBe([1, 3]);
    }

    [Fact]
    public void Without_the_vector_of_the_query_words_count_alone()
    {
        using var one = Given();
        one.Publish(Passage(1, "alpha"), Passage(2, "beta apple"));

        one.Found("apple", channels: Channels.All).ShouldBe([2]);
        Found(one, "apple", s_letters with { Revision = "2" }).ShouldBe([2]);
    }

    [Fact]
    public void A_passage_without_a_vector_is_found_by_its_words()
    {
        using var one = Given();
        one.Publish(Passage(1, "alpha"), IndexCase.Passage(2, "avocado"));

        Found(one, "avocado").ShouldBe([1, 2]);
        one.Index.Statistics.Drift.ShouldBe(0.5);
    }

    [Theory]
    [InlineData("lab:letters/small", 26, "2")]
    [InlineData("lab:other", 26, "1")]
    [InlineData("lab:letters/small", 27, "1")]
    public void Vectors_of_another_model_are_refused_and_nothing_is_added(string model, int dimension, string revision)
    {
        using var one = Given();
        var other = new EmbedderKey(model, dimension, revision);
        var refused = one.Index.Publish([Passage(1, "alpha", other)], [], CancellationToken.None);

        refused.Fault.Code.ShouldBe(IndexFaults.OtherEmbedderCode);
        one.Index.Statistics.Passages.ShouldBe(0);
        using var own = new IndexCase();
        own.Index.Publish([Passage(1, "alpha")], [], CancellationToken.None).Fault.Code.ShouldBe(IndexFaults.OtherEmbedderCode);
    }

    [Fact]
    public void Merging_keeps_given_vectors_and_removed_passages_are_gone()
    {
        using var one = Given(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
        one.Publish(Passage(1, "alpha"), Passage(2, "beta"));
        one.Publish(Passage(3, "avocado"), Passage(4, "ash"));
        one.Remove(3);
        one.MergeAll();

        one.Index.Statistics.Segments.ShouldBe(1);
        Found(one, "apple").ShouldBe([1, 4]);
    }

    [Fact]
    public void An_index_changes_from_its_own_vectors_to_given_ones_and_back()
    {
        using var one = new IndexCase();
        string[] words = ["alpha", "beta", "gamma"];
        var texts = Enumerable.Range(0, 120).Select(i => $"{words[i % 3]} word{i % 7}x thing{i % 11}x").ToList();
        one.Publish([.. texts.Select(static (text, i) => IndexCase.Passage(i, text))]);
        one.Index.Refit(CancellationToken.None).IsOk.ShouldBeTrue();
        var own = one.Index.Statistics.Embedder;
        own.ShouldNotBeNull().IsGiven.ShouldBeFalse();

        Use(one, texts, s_letters).ShouldBe(120);
        one.Index.Statistics.Embedder.ShouldBe(s_letters);
        Found(one, "apple", passagesMax: 200).Length.ShouldBe(40);
        one.Publish(Passage(500, "avocado"));
        Found(one, "apple", passagesMax: 200).Length.ShouldBe(41);
        one.Reopen();
        Found(one, "apple", passagesMax: 200).Length.ShouldBe(41);
        Directory.GetFiles(one.Folder, "*.staged").ShouldBeEmpty();
        Directory.GetFiles(one.Folder, "*.lsa-*").ShouldBeEmpty();

        one.Index.Models.UseOwn(static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();
        one.Index.Statistics.Embedder.ShouldNotBeNull().IsGiven.ShouldBeFalse();
        one.Index.Statistics.Embedder.ShouldNotBe(own);
        Directory.GetFiles(one.Folder, "*.given-*").ShouldBeEmpty();
        one.Found("word3x", channels: Channels.All).ShouldNotBeEmpty();
    }

    [Fact]
    public void A_small_index_has_no_vectors_of_its_own_after_given_ones()
    {
        using var one = Given();
        one.Publish(Passage(1, "alpha"), Passage(2, "beta"));

        one.Index.Models.UseOwn(static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();

        one.Index.Statistics.Embedder.ShouldBeNull();
        Directory.GetFiles(one.Folder, "*.vectors").ShouldBeEmpty();
        one.Publish(IndexCase.Passage(3, "alpha"));
        one.Found("alpha", channels: Channels.All).ShouldBe([1, 3]);
    }

    [Fact]
    public async Task Publishes_and_merges_go_on_while_given_vectors_are_put_in()
    {
        using var one = new IndexCase(new IndexOptions { SegmentsPerTierMax = 1, FitPassagesMin = int.MaxValue });
        var texts = Enumerable.Range(0, 3_000).Select(static i => $"{(char)('a' + (i % 26))}lpha number{i}x").ToList();
        one.Publish([.. texts.Select(static (text, i) => IndexCase.Passage(i, text))]);
        using var stop = new CancellationTokenSource();
        var publishing = Task.Run(() =>
        {
            for (var i = 10_000; !stop.IsCancellationRequested; i++) one.Publish(IndexCase.Passage(i, "zulu"));
        });

        Use(one, texts, s_letters).ShouldBeGreaterThanOrEqualTo(3_000);
        await stop.CancelAsync();
        await publishing;
        await one.Index.WhenQuietAsync();

        one.Index.Statistics.MaintenanceFault.ShouldBeNull();
        Found(one, "bee", passagesMax: 500).Length.ShouldBe(texts.Count(static text => text[0] == 'b'));
    }

    [Fact]
    public void What_was_put_aside_before_a_crash_is_removed()
    {
        using var one = new IndexCase();
        one.Publish(IndexCase.Passage(1, "alpha"));
        File.WriteAllBytes(Path.Combine(one.Folder, "77.staged"), new byte[100]);

        one.Reopen();

        Directory.GetFiles(one.Folder, "*.staged").ShouldBeEmpty();
        one.Found("alpha").ShouldBe([1]);
    }

    [Fact]
    public void Given_vectors_stay_in_files_where_they_lie_in_a_store_and_are_noted_for_it()
    {
        using var one = GivenOutside(IndexCase.Quiet with { SegmentsPerTierMax = 1 });
        one.Publish(Passage(1, "alpha"), Passage(2, "beta"));
        one.Publish(Passage(3, "avocado"));
        one.MergeAll();
        one.Reopen();

        one.Index.Stores.Manifest!.Store!.Behind.Length.ShouldBe(3);
        Directory.GetFiles(one.Folder, "*.vectors").Length.ShouldBe(1);
        one.Index.Stores.UseFiles(static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();
        one.Index.Stores.Manifest.ShouldNotBeNull().Store.ShouldBeNull();
        one.Index.Stores.Manifest.Left.ShouldBe(["outside"]);
        Found(one, "apple").ShouldBe([1, 3]);

        one.Index.Stores.Note(static now => now with { Moving = StoreBinding.To("other", "s").Filled(now.Generation) });
        one.Index.Stores.UseMoved().IsOk.ShouldBeTrue();
        one.Index.Stores.Manifest.ShouldNotBeNull().Store.ShouldNotBeNull().IsCurrent.ShouldBeTrue();
        Directory.GetFiles(one.Folder, "*.vectors").Length.ShouldBe(1);
    }

    [Fact]
    public void A_store_that_was_filled_for_another_model_is_told_what_changed_since()
    {
        var next = s_letters with { Revision = "2" };
        using var one = GivenOutside();
        one.Publish(Passage(1, "alpha"));
        var filled = one.Index.Stores.Manifest!.Generation;
        one.Publish(Passage(2, "beta"));
        using var staged = one.Index.Models.Stage(next);
        staged.Add(IndexCase.Document(1), VectorOf("alpha", next.Dimension));

        one.Index.Models.UseFilled(staged, filled, static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();

        var now = one.Index.Stores.Manifest.ShouldNotBeNull();
        now.Embedder.ShouldBe(next);
        now.Store.ShouldNotBeNull().IsFilled.ShouldBeTrue();
        now.Store.Behind.ShouldHaveSingleItem().Document.ShouldBe(IndexCase.Document(2));
        now.Left.ShouldBe(["outside"]);
        one.Index.Models.UseNone().IsOk.ShouldBeTrue();
        one.Index.Stores.Manifest.ShouldNotBeNull().Store.ShouldNotBeNull().IsFilled.ShouldBeFalse();
        Directory.GetFiles(one.Folder, "*.vectors").ShouldBeEmpty();
    }

    private static IndexCase GivenOutside(IndexOptions? options = null)
    {
        var one = Given(options);
        one.Index.Stores.Note(static now => now with { Store = StoreBinding.To("outside", "s").Filled(now.Generation) })
            .IsOk.ShouldBeTrue();
        return one;
    }

    private static IndexCase Given(IndexOptions? options = null)
    {
        var one = new IndexCase(options);
        one.Index.Models.Use(new GivenEmbedder(s_letters), static (_, _) => { }, CancellationToken.None).IsOk.ShouldBeTrue();
        return one;
    }

    /// <summary>Gives an index the vectors of all its texts, which are documents by their number.</summary>
    private static int Use(IndexCase one, List<string> texts, EmbedderKey key)
    {
        using var staged = one.Index.Models.Stage(key);
        for (var i = 0; i < texts.Count; i++) staged.Add(IndexCase.Document(i), VectorOf(texts[i], key.Dimension));
        return one.Index.Models.Use(staged, static (_, _) => { }, CancellationToken.None).Value.Passages;
    }

    private static IndexPassage Passage(int document, string text, EmbedderKey? key = null)
    {
        var made = key ?? s_letters;
        return IndexCase.Passage(document, text) with { Vector = new GivenVector(made, VectorOf(text, made.Dimension)) };
    }

    private static int[] Found(IndexCase one, string text, EmbedderKey? key = null, int passagesMax = 20)
    {
        var vector = new GivenVector(key ?? s_letters, VectorOf(text, s_letters.Dimension));
        var query = new SearchQuery(text, SearchFilter.Everything, passagesMax) { Vector = vector };
        return
        [
            .. one.Index.Search(query, CancellationToken.None).Value.Hits
                .Where(static hit => hit.Dense > 0.5 || hit.Lexical > 0)
                .Select(static hit => BitConverter.ToInt32(hit.Key.Document.ToByteArray())),
        ];
    }

    private static float[] VectorOf(string text, int dimension)
    {
        var vector = new float[dimension];
        vector[char.ToLowerInvariant(text[0]) - 'a'] = 1;
        return vector;
    }
}
