using System.Collections.Immutable;

namespace CodexOS.Testing.OpenAi;

/// <summary>What the server does with one request.</summary>
public abstract record OpenAiAnswer
{
    private OpenAiAnswer()
    {
    }

    /// <summary>Says something, word by word, and calls tools, with their arguments in small pieces.</summary>
    public sealed record Says(string Text, params ImmutableArray<OpenAiToolCall> Calls) : OpenAiAnswer
    {
        /// <summary>Why the model stopped; by default what fits.</summary>
        public string? FinishReason { get; init; }

        /// <summary>Tokens read, tokens written, tokens of the first that were cached; null reports nothing.</summary>
        public (int Input, int Output, int Cached)? Usage { get; init; } = (100, 20, 0);

        /// <summary>Waited for after the first word.</summary>
        public Task AfterFirstWord { get; init; } = Task.CompletedTask;
    }

    /// <summary>Gives the vectors of the texts that were sent.</summary>
    public sealed record Embeds(Func<string, float[]> VectorOf) : OpenAiAnswer
    {
        /// <summary>Waited for before it answers.</summary>
        public Task After { get; init; } = Task.CompletedTask;

        /// <summary>Whether the numbers are sent in base64, as OpenAI does where it is asked to.</summary>
        public bool InBase64 { get; init; }

        /// <summary>Whether it says how many tokens it read: one for each word.</summary>
        public bool Counts { get; init; } = true;
    }

    /// <summary>Ranks the texts that were sent, the best first, in the form in which it was asked.</summary>
    public sealed record Ranks(Func<string, double> ScoreOf) : OpenAiAnswer
    {
        /// <summary>Whether it says how many tokens it read: one for each word of the texts.</summary>
        public bool Counts { get; init; } = true;
    }

    /// <summary>Answers with an error as OpenAI words it.</summary>
    public sealed record Fails(int Status, string? Code = null, string Message = "It did not work.") : OpenAiAnswer
    {
        /// <summary>The header of that name.</summary>
        public string? RetryAfter { get; init; }
    }

    /// <summary>Never answers.</summary>
    public sealed record Hangs : OpenAiAnswer;

    /// <summary>Says the text and then nothing more, with the connection left open.</summary>
    public sealed record FallsSilentAfter(string Text) : OpenAiAnswer;

    /// <summary>Says the text, then drops the connection (or closes it in good order, but unfinished).</summary>
    public sealed record BreaksOffAfter(string Text, bool InGoodOrder = false) : OpenAiAnswer
    {
        /// <summary>
        /// Waited for before the connection is dropped, because a dropped one may lose what was on its way.
        /// </summary>
        public Task When { get; init; } = Task.CompletedTask;
    }

    /// <summary>Sends these bytes with status 200.</summary>
    public sealed record Sends(string ContentType, string Body) : OpenAiAnswer;

    /// <summary>Sends a word at a time without end, with a pause between two.</summary>
    public sealed record Trickles(TimeSpan Pause) : OpenAiAnswer;

    /// <summary>Sends text without end, as fast as it is read.</summary>
    public sealed record NeverStops : OpenAiAnswer;
}

/// <summary>A tool call in an answer.</summary>
/// <param name="Tool">The tool.</param>
/// <param name="Arguments">The arguments' text, valid JSON or not.</param>
public sealed record OpenAiToolCall(string Tool, string Arguments);
