using CodexOS.Platform.Ids;
using CodexOS.Testing;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Trust;

/// <summary>What is hashed of an entry, to the byte.</summary>
public sealed class AuditLeafTests
{
    private static AuditEntryRow Row { get; } = new()
    {
        TenantId = new TenantId(Guid.Parse("01980000-0000-7000-8000-000000000001")),
        LeafIndex = 5,
        EntryId = new AuditEntryId(Guid.Parse("01980000-0000-7000-8000-000000000002")),
        At = Clocks.Noon,
        Action = "agents.apply",
        Outcome = "done",
        ActorKind = "user",
        ActorId = "usr_01980000000070008000000000000003",
        ResourceType = "agent",
        ResourceId = "a \"name\"\nwith ümlaut",
        Details = CanonicalJson.Object([new("version", "2"), new("digest", "ab")]),
        Commitments = "{}",
    };

    [Fact]
    public void A_leaf_is_one_line_of_canonical_json() => AuditLeaf.TextOf(Row).ShouldBe(
        "{\"action\":\"agents.apply\",\"actor\":{\"id\":\"usr_01980000000070008000000000000003\",\"kind\":\"user\"},"
        + $"\"at\":{Clocks.Noon.ToUnixTimeMilliseconds()},\"details\":{{\"digest\":\"ab\",\"version\":\"2\"}},"
        + "\"entry\":\"aud_01980000000070008000000000000002\",\"outcome\":\"done\",\"personal\":{},"
        + "\"resource\":{\"id\":\"a \\\"name\\\"\\nwith ümlaut\",\"type\":\"agent\"},"
        + "\"tenant\":\"ten_01980000000070008000000000000001\",\"v\":1}");

    [Fact]
    public void Every_column_but_the_place_is_in_the_leaf()
    {
        var whole = AuditLeaf.TextOf(Row);
        AuditLeaf.TextOf(With(row => row.LeafIndex, 6L)).ShouldBe(whole);
        AuditLeaf.TextOf(With(row => row.TenantId, AuditLogs.Installation)).ShouldNotBe(whole);
        AuditLeaf.TextOf(With(row => row.EntryId, default(AuditEntryId))).ShouldNotBe(whole);
        AuditLeaf.TextOf(With(row => row.At, Clocks.Noon.AddMilliseconds(1))).ShouldNotBe(whole);
        string[] texts =
        [
            nameof(AuditRow.Action), nameof(AuditRow.Outcome), nameof(AuditRow.ActorKind), nameof(AuditRow.ActorId),
            nameof(AuditRow.ResourceType), nameof(AuditRow.ResourceId), nameof(AuditRow.Details), nameof(AuditRow.Commitments),
        ];
        foreach (var name in texts) AuditLeaf.TextOf(With(name, "other")).ShouldNotBe(whole, name);
        typeof(AuditRow).GetProperties().Select(static property => property.Name)
            .ShouldBe([.. texts, nameof(AuditRow.TenantId), nameof(AuditRow.EntryId), nameof(AuditRow.At)], ignoreOrder: true);
    }

    [Fact]
    public void Strings_are_escaped_as_little_as_rfc_8785_allows() =>
        CanonicalJson.Object([new("b", "\u0000\u001f\b\t\n\f\r\"\\/"), new("a", "€\u2028😀")]).ShouldBe(
            "{\"a\":\"€\u2028😀\",\"b\":\"\\u0000\\u001f\\b\\t\\n\\f\\r\\\"\\\\/\"}");

    [Fact]
    public void Commitments_to_the_same_fact_differ_and_open_to_nothing_else()
    {
        var (salt, commitment) = AuditLeaf.Commit("ada@example.org");
        var (otherSalt, other) = AuditLeaf.Commit("ada@example.org");

        other.ShouldNotBe(commitment);
        otherSalt.ShouldNotBe(salt);
        AuditLeaf.CommitmentOf(salt, "ada@example.org").ShouldBe(commitment);
        AuditLeaf.CommitmentOf(salt, "eve@example.org").ShouldNotBe(commitment);
        AuditLeaf.CommitmentOf(otherSalt, "ada@example.org").ShouldNotBe(commitment);
    }

    [Fact]
    public void Names_that_are_none_are_bugs_and_values_that_are_too_long_are_cut()
    {
        Should.Throw<ArgumentException>(() => AuditText.Check(AuditEntry.Done("no_dot")));
        Should.Throw<ArgumentException>(() => AuditText.Check(AuditEntry.Done("Agents.apply")));
        Should.Throw<ArgumentException>(() => AuditText.Check(AuditEntry.Done("agents.apply\n")));
        Should.Throw<ArgumentException>(() => AuditText.Check(AuditEntry.Done("agents.apply").With("Bad name", "")));
        Should.Throw<ArgumentException>(() => AuditText.Check(AuditEntry.Done("agents.apply").On("Agent", "x")));
        Should.NotThrow(() => AuditText.Check(AuditEntry.Done("agents.apply").On("agent", "any \0 text").With("a1_b", "")));

        AuditText.Value(new string('x', 2_000)).Length.ShouldBe(1_024);
        AuditText.Value("a\0b\ud800c").ShouldBe("a\uFFFDb\uFFFDc");
    }

    private static AuditEntryRow With<T>(System.Linq.Expressions.Expression<Func<AuditEntryRow, T>> property, T value) =>
        With(((System.Linq.Expressions.MemberExpression)property.Body).Member.Name, value);

    private static AuditEntryRow With(string property, object? value)
    {
        var copy = new AuditEntryRow
        {
            TenantId = Row.TenantId,
            LeafIndex = Row.LeafIndex,
            EntryId = Row.EntryId,
            At = Row.At,
            Action = Row.Action,
            Outcome = Row.Outcome,
            ActorKind = Row.ActorKind,
            ActorId = Row.ActorId,
            ResourceType = Row.ResourceType,
            ResourceId = Row.ResourceId,
            Details = Row.Details,
            Commitments = Row.Commitments,
        };
        typeof(AuditEntryRow).GetProperty(property)!.SetValue(copy, value);
        return copy;
    }
}
