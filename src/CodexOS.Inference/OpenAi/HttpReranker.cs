using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Inference.Contracts;
using CodexOS.Inference.Rerankers;

namespace CodexOS.Inference.OpenAi;

/// <summary>
/// Asks an endpoint to rank texts, beside the address at which it speaks the OpenAI protocol, which has no such request: in the
/// form of Cohere and Jina, which vLLM and others took over, or in that of Text Embeddings Inference. Sign-in, network and faults
/// are those of the provider's other requests.
/// </summary>
internal sealed class HttpReranker(ClientPipeline pipeline, Uri address, string model, OpenAiFaults faults) : IReranker
{
    private const int OkMin = 200;
    private const int OkMax = 299;

    public async Task<RerankerAnswer> RankAsync(
        string question, IReadOnlyList<string> texts, RerankerOptions options, CancellationToken cancellationToken)
    {
        try
        {
            using var message = pipeline.CreateMessage();
            message.Request.Method = "POST";
            message.Request.Uri = AddressOf(options.Path);
            message.Request.Headers.Set("Content-Type", "application/json");
            message.Request.Headers.Set("Accept", "application/json");
            var body = Write(question, texts, options.Form).ToJsonString();
            message.Request.Content = BinaryContent.Create(BinaryData.FromString(body));
            message.Apply(new RequestOptions { CancellationToken = cancellationToken });
            await pipeline.SendAsync(message);
            var response = message.Response!;
            if (response.Status is < OkMin or > OkMax) throw new ClientResultException(response);
            return Read(response.Content);
        }
        catch (Exception failure) when (
            !cancellationToken.IsCancellationRequested && faults.Of(failure, model, answerBegan: false) is not null)
        {
            throw faults.Of(failure, model, answerBegan: false)!;
        }
    }

    private Uri AddressOf(string path)
    {
        var whole = path.StartsWith('/') ? path : $"{address.AbsolutePath.TrimEnd('/')}/{path}";
        return new UriBuilder(address) { Path = whole }.Uri;
    }

    private JsonObject Write(string question, IReadOnlyList<string> texts, RerankerForm form)
    {
        var list = new JsonArray([.. texts.Select(static text => JsonValue.Create(text))]);
        return form == RerankerForm.Tei
            ? new JsonObject { ["query"] = question, ["texts"] = list, ["truncate"] = true }
            : new JsonObject { ["model"] = model, ["query"] = question, ["documents"] = list, ["top_n"] = texts.Count };
    }

    private static RerankerAnswer Read(BinaryData content)
    {
        using var answer = JsonDocument.Parse(content);
        var root = answer.RootElement;
        var results = root.ValueKind == JsonValueKind.Array ? root : root.GetProperty("results");
        var scores = new List<RankedText>(results.GetArrayLength());
        foreach (var one in results.EnumerateArray())
        {
            var score = one.TryGetProperty("relevance_score", out var given) ? given : one.GetProperty("score");
            scores.Add(new RankedText(one.GetProperty("index").GetInt32(), score.GetDouble()));
        }

        return new RerankerAnswer(scores, root.ValueKind == JsonValueKind.Object ? TokensOf(root) : null);
    }

    /// <summary>Jina and vLLM count in <c>usage</c>, Cohere in <c>meta</c>.</summary>
    private static long? TokensOf(JsonElement root)
    {
        if (root.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object)
            return Count(usage, "total_tokens") ?? Count(usage, "prompt_tokens");
        return root.TryGetProperty("meta", out var meta) && meta.ValueKind == JsonValueKind.Object
            && meta.TryGetProperty("tokens", out var tokens) && tokens.ValueKind == JsonValueKind.Object
            ? Count(tokens, "input_tokens")
            : null;
    }

    private static long? Count(JsonElement counts, string name) =>
        counts.TryGetProperty(name, out var count) && count.ValueKind == JsonValueKind.Number
        && count.GetDouble() is >= 0 and < 1e12
            ? (long)count.GetDouble()
            : null;
}
