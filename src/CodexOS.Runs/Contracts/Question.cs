using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Runs.Core;

namespace CodexOS.Runs.Contracts;

/// <summary>
/// Something that an effect must know of a person before it can go on, with the form of the answer. It is asked while the
/// effect is under way, so it is open for a short time only.
/// </summary>
/// <param name="From">Who asks and gets to know the answer, for instance a connection's server.</param>
/// <param name="Message">What is asked, in the asker's words.</param>
/// <param name="Fields">What the answer holds; none is a plain yes or no.</param>
public sealed record Question(string From, string Message, ImmutableArray<FormField> Fields);

/// <summary>One field of a question's form.</summary>
/// <param name="Name">Its name in the answer.</param>
/// <param name="Kind">What it holds.</param>
/// <param name="IsRequired">Whether an answer without it is refused.</param>
/// <param name="Choices">What can be chosen, where it is chosen.</param>
public sealed record FormField(string Name, FormFieldKind Kind, bool IsRequired, ImmutableArray<FormChoice> Choices)
{
    /// <summary>What people call it; null is its name.</summary>
    public string? Title { get; init; }

    /// <summary>What it is for.</summary>
    public string? Description { get; init; }

    /// <summary>What it holds before somebody changes it.</summary>
    public JsonElement? Default { get; init; }

    /// <summary>How a text is written.</summary>
    public FormTextFormat? Format { get; init; }

    /// <summary>Fewest characters of a text, or choices of several.</summary>
    public int? LengthMin { get; init; }

    /// <summary>Most characters of a text, or choices of several.</summary>
    public int? LengthMax { get; init; }

    /// <summary>The smallest number.</summary>
    public double? Minimum { get; init; }

    /// <summary>The largest number.</summary>
    public double? Maximum { get; init; }

    /// <summary>What a value of the field must be and is not; null if it fits.</summary>
    public string? WhatIsWrong(JsonElement value) => FormCheck.WhatIsWrong(this, value);
}

/// <summary>Something that can be chosen.</summary>
/// <param name="Value">What the answer holds.</param>
/// <param name="Title">What people read; null is the value.</param>
public sealed record FormChoice(string Value, string? Title);

/// <summary>What a field holds.</summary>
public enum FormFieldKind
{
    /// <summary>A text.</summary>
    Text,

    /// <summary>A number.</summary>
    Number,

    /// <summary>A whole number.</summary>
    Whole,

    /// <summary>Yes or no.</summary>
    Boolean,

    /// <summary>One of its choices.</summary>
    Choice,

    /// <summary>Several of its choices.</summary>
    Choices,
}

/// <summary>How a text is written.</summary>
public enum FormTextFormat
{
    /// <summary>An e-mail address.</summary>
    Email,

    /// <summary>An absolute URI.</summary>
    Uri,

    /// <summary>A date, as <c>2026-07-28</c>.</summary>
    Date,

    /// <summary>A time with its offset, as <c>2026-07-28T12:00:00Z</c>.</summary>
    DateTime,
}

/// <summary>What an effect asks of a person.</summary>
/// <param name="Tool">What asks.</param>
/// <param name="Title">What is asked, in one line.</param>
/// <param name="Arguments">What the effect was asked to do.</param>
/// <param name="Hash">SHA-256 over all that the answer is bound to: the same for the same question after a crash.</param>
/// <param name="Question">The question.</param>
/// <param name="ExpiresAfter">How long to wait for an answer.</param>
public sealed record QuestionWish(
    string Tool, string Title, JsonElement Arguments, string Hash, Question Question, TimeSpan ExpiresAfter)
{
    /// <summary>What the person should know before they answer.</summary>
    public string? Why { get; init; }

    /// <summary>The label of what will be answered, see <see cref="EffectOutput.Label"/>.</summary>
    public JsonElement? AnswerLabel { get; init; }

    /// <summary>
    /// What the effect goes on from if the process ends while the question is open; null where it cannot. Only an effect
    /// of which nothing is under way while it waits may give it: going on is then no repetition.
    /// </summary>
    public JsonElement? Continuation { get; init; }
}

/// <summary>What a person said to a question.</summary>
/// <param name="Action">Whether they answered it.</param>
/// <param name="Content">The answer's fields, which fit the form; null if they did not answer it.</param>
public sealed record QuestionAnswer(QuestionAction Action, JsonElement? Content)
{
    /// <summary>See <see cref="EffectOutput.Label"/>.</summary>
    public JsonElement? Label { get; init; }
}

/// <summary>What a person did with a question.</summary>
public enum QuestionAction
{
    /// <summary>They answered it.</summary>
    Accept,

    /// <summary>They said that they will not.</summary>
    Decline,

    /// <summary>They put it aside without saying either.</summary>
    Cancel,
}
