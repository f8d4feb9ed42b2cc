using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// All that must be the same for one task to get the answer of another, in one digest: tenant, agent and its version, model and
/// its settings, instructions, tools, what the run may touch, what makes the vectors, and the fixed words of the task.
/// </summary>
internal static class CacheKey
{
    /// <summary>The digest; a fault where the grant has no single meaning.</summary>
    public static Result<byte[]> Of(CacheQuestion question, ModelName embedder)
    {
        var call = question.Call;
        var all = JsonSerializer.SerializeToElement(
            new
            {
                Form = 1,
                Tenant = question.Tenant.ToString(),
                question.Rule.Agent,
                question.Rule.Version,
                Model = call.Model.ToString(),
                call.Temperature,
                call.OutputTokensMax,
                question.Instructions,
                Tools = call.Tools.IsDefault ? [] : call.Tools,
                question.Grant,
                Embedder = embedder.ToString(),
                Words = FixedWords.Of(question.Text),
            },
            Json.Options);
        return CanonicalJson.Write(all).TryGet(out var canonical, out var fault)
            ? SHA256.HashData(Encoding.UTF8.GetBytes(canonical))
            : fault;
    }
}
