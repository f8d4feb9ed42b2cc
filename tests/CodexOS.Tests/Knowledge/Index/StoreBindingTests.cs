using CodexOS.Knowledge;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Index;
using CodexOS.Knowledge.Index.Embedding;
using CodexOS.Knowledge.Index.Storage;
using CodexOS.Knowledge.Stores;
using CodexOS.Platform.Ids;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

/// <summary>What an index notes of a store, and how stores and their collections are named.</summary>
public sealed class StoreBindingTests
{
    private static readonly Guid s_first = new("00000000-0000-0000-0000-000000000001");
    private static readonly Guid s_second = new("00000000-0000-0000-0000-000000000002");

    [Fact]
    public void What_changed_after_it_was_put_there_stays_noted()
    {
        var binding = StoreBinding.To("outside", "s").Filled(1)
            .After(new HashSet<Guid> { s_first, s_second }, 2).After(new HashSet<Guid> { s_second }, 3);

        binding.IsCurrent.ShouldBeFalse();
        binding.Told(2).Behind.ShouldHaveSingleItem().Document.ShouldBe(s_second);
        binding.Told(3).IsCurrent.ShouldBeTrue();
    }

    [Fact]
    public void More_changes_than_are_noted_have_everything_put_there_anew()
    {
        var many = Enumerable.Range(1, 10_001).Select(static number => new Guid(number, 0, 0, new byte[8])).ToHashSet();

        var overrun = StoreBinding.To("outside", "s").Filled(1).After(many, 2);

        overrun.IsFilled.ShouldBeFalse();
        overrun.Behind.ShouldBeEmpty();
        // A filling that began before cannot have had them.
        overrun.Filled(1).IsFilled.ShouldBeFalse();
        overrun.Emptied().Filled(3).IsFilled.ShouldBeTrue();
    }

    [Fact]
    public void A_copy_that_is_given_up_leaves_its_store_to_be_cleaned()
    {
        var moving = Manifest.Empty with { Moving = StoreBinding.To("outside", "s") };

        var left = moving.WithoutCopy();

        left.Moving.ShouldBeNull();
        left.Left.ShouldBe(["outside"]);
        left.WithoutCopy().ShouldBeSameAs(left);
        left.Leaving("outside").ShouldBeSameAs(left);
        left.Cleaned("outside").Left.ShouldBeEmpty();
    }

    [Fact]
    public void Collections_are_named_by_all_that_keeps_vectors_apart()
    {
        var (tenant, id) = (new TenantId(s_first), new KnowledgeBaseId(s_first));
        var model = new EmbedderKey("lsa", 192, "1");
        string[] names =
        [
            new VectorCollection(tenant, id, model, "s").Name,
            new VectorCollection(new TenantId(s_second), id, model, "s").Name,
            new VectorCollection(tenant, new KnowledgeBaseId(s_second), model, "s").Name,
            new VectorCollection(tenant, id, model with { ModelId = "other" }, "s").Name,
            new VectorCollection(tenant, id, model with { Dimension = 191 }, "s").Name,
            new VectorCollection(tenant, id, model with { Revision = "2" }, "s").Name,
            new VectorCollection(tenant, id, model, "t").Name,
        ];

        names.Distinct().Count().ShouldBe(names.Length);
        // The longest name of a table in PostgreSQL has 63 characters, and that of its index two more than the table's.
        names.ShouldAllBe(static name => name.Length <= 61);
        names[0].ShouldStartWith(VectorCollection.PrefixOf(id));
    }

    [Fact]
    public void Passages_keep_their_names()
    {
        var key = new PassageKey(s_second, 17);
        VectorIds.Read(VectorIds.Of(key)).ShouldBe(key);
        foreach (var other in (string[])["", "x", "17", $"{s_second:N}", $"{s_second:N}.", $"{s_second:N}.-1", $"{s_second}.1"])
            VectorIds.Read(other).ShouldBeNull();
    }

    [Theory]
    [InlineData("Chroma", StoreKind.Chroma, "http://chroma:8000", null)]
    [InlineData("embedded", StoreKind.Chroma, "http://chroma:8000", null)]
    [InlineData("outside", StoreKind.Chroma, null, null)]
    [InlineData("outside", StoreKind.Chroma, "ftp://chroma", null)]
    [InlineData("outside", StoreKind.Chroma, "http://me:secret@chroma:8000", null)]
    [InlineData("outside", StoreKind.Pgvector, "http://chroma:8000", null)]
    public void A_store_that_cannot_be_used_stops_the_start(string name, StoreKind kind, string? url, string? connection)
    {
        var store = new StoreOptions { Kind = kind, Url = url is null ? null : new Uri(url), ConnectionString = connection };
        store.WhatIsWrong(name).ShouldNotBeEmpty();
    }

    [Fact]
    public void Two_names_for_one_place_stop_the_start()
    {
        var options = new KnowledgeOptions();
        foreach (var name in (string[])["one", "two"]) options.Stores[name] = new StoreOptions { Url = new Uri("http://chroma:8000") };

        options.Validate(new(options)).ShouldHaveSingleItem().ErrorMessage!.ShouldContain("one, two");
        options.Stores["two"].ChromaDatabase = "other";
        options.Validate(new(options)).ShouldBeEmpty();
    }
}
