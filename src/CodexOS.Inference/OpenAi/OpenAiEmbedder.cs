using System.ClientModel;
using System.ClientModel.Primitives;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Extensions.AI;
using OpenAI.Embeddings;
using EmbeddingGenerationOptions = Microsoft.Extensions.AI.EmbeddingGenerationOptions;

namespace CodexOS.Inference.OpenAi;

/// <summary>
/// Asks for vectors over the OpenAI protocol. Requests and answers are read here and not by the client library, which only
/// understands numbers in base64: Ollama and others send them as a list, whatever they are asked for.
/// </summary>
internal sealed class OpenAiEmbedder(EmbeddingClient client, string model, OpenAiFaults faults)
    : IEmbeddingGenerator<string, Embedding<float>>
{
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        var request = new JsonObject
        {
            ["model"] = model,
            ["input"] = new JsonArray([.. values.Select(static text => JsonValue.Create(text))]),
            ["encoding_format"] = "float",
        };
        if (options?.Dimensions is { } dimension) request["dimensions"] = dimension;
        try
        {
            using var content = BinaryContent.Create(BinaryData.FromString(request.ToJsonString()));
            var answer = await client.GenerateEmbeddingsAsync(
                content, new RequestOptions { CancellationToken = cancellationToken });
            return Read(answer.GetRawResponse().Content);
        }
        catch (Exception failure) when (
            !cancellationToken.IsCancellationRequested && faults.Of(failure, model, answerBegan: false) is not null)
        {
            throw faults.Of(failure, model, answerBegan: false)!;
        }
    }

    public object? GetService(Type serviceType, object? serviceKey = null) =>
        serviceKey is null && serviceType.IsInstanceOfType(this) ? this : null;

    public void Dispose()
    {
    }

    private static GeneratedEmbeddings<Embedding<float>> Read(BinaryData content)
    {
        using var answer = JsonDocument.Parse(content);
        var data = answer.RootElement.GetProperty("data");
        // The protocol numbers them, and does not promise their order.
        var vectors = new Embedding<float>[data.GetArrayLength()];
        var at = 0;
        foreach (var item in data.EnumerateArray())
        {
            var index = item.TryGetProperty("index", out var given) ? given.GetInt32() : at;
            if (index < 0 || index >= vectors.Length || vectors[index] is not null)
                throw new FormatException("The vectors are not numbered one by one.");
            vectors[index] = new Embedding<float>(VectorOf(item.GetProperty("embedding")));
            at++;
        }

        return new GeneratedEmbeddings<Embedding<float>>(vectors) { Usage = UsageOf(answer.RootElement) };
    }

    private static float[] VectorOf(JsonElement embedding)
    {
        if (embedding.ValueKind == JsonValueKind.String)
            return MemoryMarshal.Cast<byte, float>(embedding.GetBytesFromBase64()).ToArray();
        var vector = new float[embedding.GetArrayLength()];
        var at = 0;
        foreach (var number in embedding.EnumerateArray()) vector[at++] = number.GetSingle();
        return vector;
    }

    private static UsageDetails? UsageOf(JsonElement answer) =>
        answer.TryGetProperty("usage", out var usage) && usage.ValueKind == JsonValueKind.Object
        && usage.TryGetProperty("prompt_tokens", out var tokens) && tokens.TryGetInt64(out var count)
            ? new UsageDetails { InputTokenCount = count }
            : null;
}
