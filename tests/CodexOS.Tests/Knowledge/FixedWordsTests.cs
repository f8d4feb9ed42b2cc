using CodexOS.Knowledge.Cache;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge;

/// <summary>What must be the same in two tasks, however near their vectors are.</summary>
public sealed class FixedWordsTests
{
    [Theory]
    [InlineData("How do I cancel my order?", "How can I cancel my order?")]
    [InlineData("How do I reset my password?", "I forgot my password, how can I change it?")]
    [InlineData("What is the capital of France?", "Please tell me the capital of France.")]
    [InlineData("Can I pay by card", "May I pay with a card?", "with\n")]
    public void Words_that_may_differ_are_left_out(string one, string other, string more = "") =>
        FixedWords.Of(other).ShouldBe(FixedWords.Of(one) + more);

    [Theory]
    [InlineData("How do I cancel my order?", "How do I not cancel my order?")]
    [InlineData("How do I cancel my order?", "Why can't I cancel my order?")]
    [InlineData("What is 2 + 2?", "What is 2 + 3?")]
    [InlineData("What is 5 + 2?", "What is 5 - 2?")]
    [InlineData("What is 2 + 2?", "What is 2 * 2?")]
    [InlineData("What is the capital of France?", "What is the capital of Germany?")]
    [InlineData("How do I get from Oslo to Bergen?", "How do I get from Bergen to Oslo?")]
    [InlineData("Anna wants a refund.", "Berta wants a refund.")]
    [InlineData("Is the shop open on monday?", "Is the shop open on tuesday?")]
    [InlineData("What does the error E1042 mean?", "What does the error E1043 mean?")]
    [InlineData("Mail ada@example.org about it", "Mail bob@example.org about it")]
    [InlineData("Can I return it before it is opened?", "Can I return it after it is opened?")]
    [InlineData("Pay 5 €", "Pay 5 $")]
    [InlineData("Set it to -5 degrees", "Set it to 5 degrees")]
    public void Numbers_names_signs_and_words_that_turn_a_meaning_must_be_the_same(string one, string other) =>
        FixedWords.Of(one).ShouldNotBe(FixedWords.Of(other));

    [Fact]
    public void Every_way_to_say_not_is_the_same() =>
        new[] { "I do not know", "I don't know", "I don\u2019t know", "I cannot know" }.Select(FixedWords.Of).Distinct().Count()
            .ShouldBe(1);
}
