using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Testing.OpenAi;

/// <summary>Writes answers as OpenAI writes them: whole, or as server-sent events.</summary>
internal static class OpenAiWriter
{
    private const string Id = "chatcmpl-test";
    private const long CreatedAt = 1_767_225_600;

    public static async Task WriteAsync(
        HttpContext context, OpenAiRequest request, OpenAiAnswer answer, CancellationToken ended)
    {
        var response = context.Response;
        switch (answer)
        {
            case OpenAiAnswer.Says says when request.Streams:
                await StreamAsync(response, request, says, ended);
                break;
            case OpenAiAnswer.Says says:
                await response.WriteAsJsonAsync(Whole(request, says), ended);
                break;
            case OpenAiAnswer.Embeds embeds:
                await embeds.After.WaitAsync(ended);
                await response.WriteAsJsonAsync(Embedded(request, embeds), ended);
                break;
            case OpenAiAnswer.Ranks ranks:
                await response.WriteAsJsonAsync(Ranked(request, ranks), ended);
                break;
            case OpenAiAnswer.Fails fails:
                response.StatusCode = fails.Status;
                if (fails.RetryAfter is not null)
                {
                    response.Headers.RetryAfter = fails.RetryAfter;
                }

                var error = new { message = fails.Message, type = "invalid_request_error", code = fails.Code };
                await response.WriteAsJsonAsync(new { error }, ended);
                break;
            case OpenAiAnswer.Hangs:
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ended);
                break;
            case OpenAiAnswer.FallsSilentAfter silent:
                await WordsAsync(response, request, silent.Text, Task.CompletedTask, ended);
                await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, ended);
                break;
            case OpenAiAnswer.BreaksOffAfter broken:
                await WordsAsync(response, request, broken.Text, Task.CompletedTask, ended);
                await broken.When.WaitAsync(ended);
                if (!broken.InGoodOrder)
                {
                    context.Abort();
                }

                break;
            case OpenAiAnswer.Sends sends:
                response.ContentType = sends.ContentType;
                await response.WriteAsync(sends.Body, ended);
                break;
            case OpenAiAnswer.Trickles trickles:
                while (true)
                {
                    await WordsAsync(response, request, "word ", Task.CompletedTask, ended);
                    await Task.Delay(trickles.Pause, TimeProvider.System, ended);
                }

            case OpenAiAnswer.NeverStops:
                while (true)
                {
                    await WordsAsync(response, request, new string('a', 4000), Task.CompletedTask, ended);
                }

            default:
                throw new UnreachableException();
        }
    }

    private static JsonNode Ranked(OpenAiRequest request, OpenAiAnswer.Ranks ranks)
    {
        var isTei = request.Body.TryGetProperty("texts", out _);
        var results = request.Ranked.Index().OrderByDescending(one => ranks.ScoreOf(one.Item)).Select(one => new JsonObject
        {
            ["index"] = one.Index,
            [isTei ? "score" : "relevance_score"] = ranks.ScoreOf(one.Item),
        });
        var list = new JsonArray([.. results]);
        if (isTei) return list;
        var answer = new JsonObject { ["model"] = request.Model, ["results"] = list };
        var words = request.Ranked.Sum(static text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        if (ranks.Counts) answer["usage"] = new JsonObject { ["total_tokens"] = words };
        return answer;
    }

    /// <summary>The vectors, the last text's first: the protocol numbers them, and does not promise their order.</summary>
    private static JsonObject Embedded(OpenAiRequest request, OpenAiAnswer.Embeds embeds)
    {
        var data = request.Inputs.Index().Reverse().Select(one => new JsonObject
        {
            ["object"] = "embedding",
            ["index"] = one.Index,
            ["embedding"] = embeds.InBase64
                ? Convert.ToBase64String(MemoryMarshal.AsBytes(embeds.VectorOf(one.Item).AsSpan()))
                : new JsonArray([.. embeds.VectorOf(one.Item).Select(static number => JsonValue.Create(number))]),
        });
        var answer = new JsonObject
        {
            ["object"] = "list",
            ["model"] = request.Model,
            ["data"] = new JsonArray([.. data]),
        };
        var words = request.Inputs.Sum(static text => text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Length);
        if (embeds.Counts) answer["usage"] = new JsonObject { ["prompt_tokens"] = words, ["total_tokens"] = words };
        return answer;
    }

    private static async Task StreamAsync(
        HttpResponse response, OpenAiRequest request, OpenAiAnswer.Says says, CancellationToken ended)
    {
        await WordsAsync(response, request, says.Text, says.AfterFirstWord, ended);
        for (var index = 0; index < says.Calls.Length; index++)
        {
            var call = says.Calls[index];
            var start = Call(index, "");
            start["id"] = $"call_{index}_x";
            start["type"] = "function";
            start["function"]!["name"] = call.Tool;
            await ChunkAsync(response, request, new JsonObject { ["tool_calls"] = new JsonArray(start) }, null, ended);
            foreach (var piece in call.Arguments.Chunk(5))
            {
                var more = new JsonArray(Call(index, new string(piece)));
                await ChunkAsync(response, request, new JsonObject { ["tool_calls"] = more }, null, ended);
            }
        }

        await ChunkAsync(response, request, [], FinishReason(says), ended);
        var wantsUsage = request.Body.TryGetProperty("stream_options", out var options)
            && options.TryGetProperty("include_usage", out var include) && include.GetBoolean();
        if (wantsUsage && says.Usage is not null)
        {
            var last = Frame(request, "chat.completion.chunk");
            last["choices"] = new JsonArray();
            last["usage"] = Usage(says);
            await EventAsync(response, last.ToJsonString(), ended);
        }

        await EventAsync(response, "[DONE]", ended);
    }

    private static async Task WordsAsync(
        HttpResponse response, OpenAiRequest request, string text, Task afterFirst, CancellationToken ended)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
        }

        foreach (var (index, word) in text.Split(' ').Index())
        {
            var piece = index == 0 ? word : " " + word;
            var delta = new JsonObject { ["role"] = "assistant", ["content"] = piece };
            await ChunkAsync(response, request, delta, null, ended);
            if (index == 0)
            {
                await afterFirst.WaitAsync(ended);
            }
        }
    }

    private static async Task ChunkAsync(
        HttpResponse response, OpenAiRequest request, JsonObject delta, string? finish, CancellationToken ended)
    {
        var chunk = Frame(request, "chat.completion.chunk");
        chunk["choices"] = new JsonArray(
            new JsonObject { ["index"] = 0, ["delta"] = delta, ["finish_reason"] = finish });
        await EventAsync(response, chunk.ToJsonString(), ended);
    }

    private static async Task EventAsync(HttpResponse response, string data, CancellationToken ended)
    {
        await response.WriteAsync($"data: {data}\n\n", ended);
        await response.Body.FlushAsync(ended);
    }

    private static JsonObject Whole(OpenAiRequest request, OpenAiAnswer.Says says)
    {
        var calls = says.Calls.Select((call, index) =>
        {
            var whole = Call(index, call.Arguments);
            whole["id"] = $"call_{index}_x";
            whole["type"] = "function";
            whole["function"]!["name"] = call.Tool;
            return (JsonNode?)whole;
        });
        var message = new JsonObject { ["role"] = "assistant", ["content"] = says.Text };
        if (says.Calls.Length > 0)
        {
            message["tool_calls"] = new JsonArray([.. calls]);
        }

        var answer = Frame(request, "chat.completion");
        answer["choices"] = new JsonArray(
            new JsonObject { ["index"] = 0, ["message"] = message, ["finish_reason"] = FinishReason(says) });
        answer["usage"] = says.Usage is null ? null : Usage(says);
        return answer;
    }

    private static string FinishReason(OpenAiAnswer.Says says) =>
        says.FinishReason ?? (says.Calls.Length > 0 ? "tool_calls" : "stop");

    private static JsonObject Call(int index, string arguments) =>
        new() { ["index"] = index, ["function"] = new JsonObject { ["arguments"] = arguments } };

    private static JsonObject Frame(OpenAiRequest request, string kind) =>
        new() { ["id"] = Id, ["object"] = kind, ["created"] = CreatedAt, ["model"] = $"{request.Model}-2026-01-01" };

    private static JsonObject Usage(OpenAiAnswer.Says says)
    {
        var (input, output, cached) = says.Usage!.Value;
        return new JsonObject
        {
            ["prompt_tokens"] = input,
            ["completion_tokens"] = output,
            ["total_tokens"] = input + output,
            ["prompt_tokens_details"] = new JsonObject { ["cached_tokens"] = cached },
        };
    }
}
