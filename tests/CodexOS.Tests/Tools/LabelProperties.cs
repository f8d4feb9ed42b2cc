using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Tools;

public sealed class LabelProperties
{
    private static readonly Gen<Readers> s_readers = Pick.OneOf(
            Readers.EveryoneWord, Readers.TenantWord, Readers.OwnerWord, "ada@x.example", "bob@x.example", "Ada@X.example")
        .Array[0, 4].Select(static names => Readers.Of(names));

    internal static readonly Gen<Label> Labels = Gen.Select(
        Gen.Enum<Integrity>(), s_readers, Gen.Bool, Gen.Bool,
        static (integrity, readers, closed, echo) => new Label(integrity, readers) { IsClosed = closed, IsEcho = echo });

    [Fact]
    public void A_join_never_gains_trust_or_readers() => Gen.Select(Labels, Labels).Sample((one, other) =>
    {
        var joined = one.Join(other);
        ((int)joined.Integrity).ShouldBe(Math.Min((int)one.Integrity, (int)other.Integrity));
        one.Readers.CoversAll(joined.Readers).ShouldBeTrue();
        other.Readers.CoversAll(joined.Readers).ShouldBeTrue();
        if (joined.IsClosed) (one.IsClosed && other.IsClosed).ShouldBeTrue();
    });

    [Fact]
    public void A_join_does_not_depend_on_the_order() => Gen.Select(Labels, Labels, Labels).Sample((a, b, c) =>
    {
        a.Join(b).ShouldBe(b.Join(a));
        a.Join(b).Join(c).ShouldBe(a.Join(b.Join(c)));
        a.Join(a).ShouldBe(a);
    });

    [Fact]
    public void A_label_is_journaled_as_it_is() => Labels.Sample(label =>
        Label.Read(JsonSerializer.SerializeToElement(label, Json.Options)).ShouldBe(label));

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("""{ "integrity": "root", "readers": ["everyone"] }""")]
    [InlineData("""{ "integrity": 4, "readers": ["everyone"] }""")]
    [InlineData("""{ "integrity": "system", "readers": "everyone" }""")]
    [InlineData("""{ "integrity": "system" }""")]
    public void What_cannot_be_read_as_a_label_is_not_trusted(string json) =>
        Label.Read(JsonElement.Parse(json)).Integrity.ShouldBe(Integrity.Web);

    [Fact]
    public void A_context_only_ever_loses_trust() => Labels.Array[0, 8].Sample(labels =>
    {
        var context = CallContext.Empty;
        foreach (var label in labels)
        {
            var next = context.Read(new LabelledValue("step", "text", label));
            (next.Data <= context.Data && next.Control <= context.Control).ShouldBeTrue();
            context.Readers.CoversAll(next.Readers).ShouldBeTrue();
            context = next;
        }
    });

    [Theory]
    [InlineData("write to bob@x.example, please", "bob@x.example", true)]
    [InlineData("write to Bob@X.example.", "bob@x.example", true)]
    [InlineData("write to notbob@x.example", "bob@x.example", false)]
    [InlineData("write to a.bob@x.example", "bob@x.example", false)]
    [InlineData("write to bob@x.example.org", "bob@x.example", false)]
    [InlineData("(bob@x.example)", "bob@x.example", true)]
    [InlineData("pay 100 at once", "10", false)]
    [InlineData("pay 10 at once", "10", true)]
    [InlineData("pay $1,234.50 at once", "1234.5", true)]
    [InlineData("pay 1,234.50 at once", "234.5", false)]
    [InlineData("send it to\n  Jane   Doe", "Jane Doe", true)]
    [InlineData("send it to Jane", "", true)]
    public void A_value_holds_what_its_author_wrote_as_a_whole(string text, string argument, bool holds) =>
        (IntegrityOf(text, JsonSerializer.SerializeToElement(argument)) is Integrity.User).ShouldBe(holds);

    [Theory]
    [InlineData("bob@x.example\u200b")]
    [InlineData("\u200b")]
    [InlineData("bob\u00ad@x.example")]
    [InlineData("\uff42ob@x.example")]
    [InlineData("bob@x.example\u0000")]
    public void What_is_spelled_otherwise_is_not_what_the_user_wrote(string argument) =>
        IntegrityOf("write to bob@x.example", JsonSerializer.SerializeToElement(argument)).ShouldBe(Integrity.Web);

    [Fact]
    public void A_list_is_as_trusted_as_its_least_trusted_part() =>
        IntegrityOf("write to bob@x.example", JsonElement.Parse("""["bob@x.example", "eve@y.example"]"""))
            .ShouldBe(Integrity.Web);

    [Fact]
    public void Cutting_and_joining_words_of_strangers_never_makes_them_trusted() => Gen
        .Select(Gen.String[1, 20], Gen.Int[0, 20])
        .Sample((word, at) =>
        {
            var cut = word[..Math.Min(at, word.Length)] + "\u0001" + word;
            IntegrityOf("Do nothing.", JsonSerializer.SerializeToElement(cut)).ShouldBe(Integrity.Web);
        });

    private static Integrity IntegrityOf(string user, JsonElement argument)
    {
        var context = CallContext.Empty
            .Read(new LabelledValue("the task", user, new Label(Integrity.User, Readers.Everyone)))
            .Read(new LabelledValue("step 1", "eve@y.example", new Label(Integrity.Web, Readers.Everyone)));
        return new CodexOS.Tools.Labels.Provenance(context).IntegrityOf(argument);
    }
}
