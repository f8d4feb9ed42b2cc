using System.Text;
using CodexOS.Runs.Cluster;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Watching;
using CodexOS.Testing;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Runs;

public sealed class NewsTextTests
{
    private static readonly RunId s_run = RunId.New(Clocks.AtNoon());

    [Fact]
    public void News_arrive_as_they_were_sent_and_every_message_fits() =>
        Gen.Select(Gen.String, Gen.Int[0, 40]).Sample((text, times) =>
        {
            var whole = string.Concat(Enumerable.Repeat(Valid(text) + "🙂\"\u0001\n", times + 1));
            NewsItem[] sent =
            [
                new NewsItem.Watch(s_run, true), new NewsItem.Text(s_run, "s", 2, 5, whole), new NewsItem.TextEnd(s_run, "s", 2),
                new NewsItem.Hint(s_run, 7),
            ];

            var messages = NewsText.Write("10.0.0.1:1@2", sent);

            messages.ShouldAllBe(message => Encoding.UTF8.GetByteCount(message) <= ClusterBus.MessageBytesMax);
            var heard = messages.SelectMany(message => NewsText.Read(message, "10.0.0.2:1@2")).ToList();
            heard[0].ShouldBe(sent[0]);
            heard[^2].ShouldBe(sent[2]);
            heard[^1].ShouldBe(sent[3]);
            var offset = 5;
            foreach (var piece in heard.OfType<NewsItem.Text>())
            {
                piece.Offset.ShouldBe(offset);
                whole.Substring(offset - 5, piece.Piece.Length).ShouldBe(piece.Piece);
                offset += piece.Piece.Length;
            }

            offset.ShouldBe(5 + whole.Length);
        });

    [Fact]
    public void A_node_does_not_hear_itself_nor_what_is_no_news()
    {
        var message = NewsText.Write("10.0.0.1:1@2", [new NewsItem.Hint(s_run, 7)]).ShouldHaveSingleItem();

        NewsText.Read(message, "10.0.0.1:1@2").ShouldBeEmpty();
        NewsText.Read(Nodes.Changed, "10.0.0.1:1@2").ShouldBeEmpty();
        NewsText.Read("news somebody\nnonsense", "10.0.0.1:1@2").ShouldBeEmpty();
    }

    /// <summary>Halves of characters cannot be written as UTF-8.</summary>
    private static string Valid(string text) => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));
}
