using System.Collections.Frozen;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Inference.Contracts;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference.Scripted;

/// <summary>
/// Where a conversation stands, read from its messages alone. That makes the scripted model stateless: after a restart
/// it goes on exactly where it was.
/// </summary>
/// <param name="Turn">The number of the answer that is asked for, from 1.</param>
/// <param name="Task">The person's first message.</param>
/// <param name="Tool">The tool whose result came last, or null if the last message is a person's.</param>
/// <param name="Text">The last results, or the last message.</param>
/// <param name="IsError">Whether one of the last results is an error.</param>
/// <param name="ExitCode">The exit code of the last command, if the last results have one.</param>
/// <param name="Called">Every tool that has been called.</param>
internal sealed partial record Situation(
    int Turn, string Task, string? Tool, string Text, bool IsError, int? ExitCode, FrozenSet<string> Called)
{
    public static Situation Of(IReadOnlyList<ChatMessage> messages)
    {
        var answers = messages.Where(message => message.Role == ChatRole.Assistant).ToList();
        var calls = answers.SelectMany(answer => answer.Contents).OfType<FunctionCallContent>().ToList();
        var before = messages.Count;
        while (before > 0 && messages[before - 1].Role != ChatRole.Assistant)
        {
            before--;
        }

        var sinceLastAnswer = messages.Skip(before).ToList();
        // What a person says after the results is what there is to answer.
        List<FunctionResultContent> results = messages.LastOrDefault()?.Role == ChatRole.User
            ? []
            : [.. sinceLastAnswer.SelectMany(message => message.Contents).OfType<FunctionResultContent>()];

        return new Situation(
            answers.Count + 1,
            messages.FirstOrDefault(message => message.Role == ChatRole.User)?.Text ?? "",
            results.Count == 0
                ? null
                : calls.LastOrDefault(call => call.CallId == results[^1].CallId)?.Name ?? calls.LastOrDefault()?.Name,
            results.Count == 0
                ? sinceLastAnswer.LastOrDefault()?.Text ?? ""
                : string.Join('\n', results.Select(TextOf)),
            results.Any(IsErrorOf),
            results.Select(ExitCodeOf).LastOrDefault(code => code is not null),
            calls.Select(call => call.Name).ToFrozenSet(StringComparer.Ordinal));
    }

    private static string TextOf(FunctionResultContent result) => result.Result switch
    {
        null => "",
        JsonElement { ValueKind: JsonValueKind.String } text => text.GetString()!,
        var other => other.ToString() ?? "",
    };

    private static bool IsErrorOf(FunctionResultContent result) =>
        result.AdditionalProperties?.TryGetValue(ChatContents.IsError, out var value) == true && value is bool flag
            ? flag
            : result.Exception is not null || TextOf(result).StartsWith("error", StringComparison.OrdinalIgnoreCase);

    private static int? ExitCodeOf(FunctionResultContent result)
    {
        if (result.AdditionalProperties?.TryGetValue(ChatContents.Data, out var value) == true
            && value is JsonElement { ValueKind: JsonValueKind.Object } data)
        {
            return data.TryGetProperty("exitCode", out var code) && code.TryGetInt32(out var known) ? known : null;
        }

        // A conversation that was put together elsewhere has only the text, in which commands report their exit code.
        var said = ExitCodeText().Match(TextOf(result));
        return said.Success && int.TryParse(said.Groups["code"].ValueSpan, CultureInfo.InvariantCulture, out var read)
            ? read
            : null;
    }

    [GeneratedRegex(
        "exit(ed with)?[ _]?(code|status)[:= ]+(?<code>-?[0-9]{1,6})",
        RegexOptions.IgnoreCase | RegexOptions.NonBacktracking | RegexOptions.CultureInvariant
        | RegexOptions.ExplicitCapture)]
    private static partial Regex ExitCodeText();
}
