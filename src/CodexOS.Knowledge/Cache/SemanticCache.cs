using System.Data.Common;
using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Index.Analysis;
using CodexOS.Platform.Http;
using CodexOS.Tools.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// The semantic cache. The way of a task:
/// 1. refuse what cannot be compared or must not be kept: too long, in another language than the vectors know, with a secret,
///    of a tenant that has switched the cache off;
/// 2. make the exact key, which has all that must be the same;
/// 3. make the vector of the task, once the model is loaded;
/// 4. take the nearest answer of that key, if it is near enough.
/// A model's answer is kept if the output filter lets it pass as it is, and members of the tenant may read it.
/// </summary>
internal sealed partial class SemanticCache(
    CachedAnswers answers, CacheSwitch setting, CacheModel model, IEmbeddings embeddings, IOutputFilter filter,
    CacheTelemetry telemetry, IOptions<KnowledgeOptions> options, TimeProvider clock, ILogger<SemanticCache> logger)
    : ISemanticCache
{
    // The built-in model reads so many tokens, and would take two longer texts for one.
    private const int BuiltinTokensMax = 128;

    /// <inheritdoc />
    public async Task<CacheLookup> FindAsync(CacheQuestion question, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.CacheTimeMax, clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await LookUpAsync(question, limit, both.Token, cancellationToken);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Refuse("too_slow");
        }
        catch (Exception broken) when (broken is DbException or DbUpdateException)
        {
            Failed(logger, broken);
            return Refuse("failed");
        }
    }

    /// <inheritdoc />
    public async Task KeepAsync(CachePlace place, ModelReply reply, CancellationToken cancellationToken)
    {
        var free = (FreePlace)place;
        if (WhyNotKept(free.Question, reply) is { } why)
        {
            telemetry.Answered(why);
            return;
        }

        try
        {
            var isKept = await answers.AddAsync(free.Question, free.Key, free.Vector, reply, cancellationToken);
            telemetry.Answered(isKept ? "kept" : "off");
        }
        catch (Exception broken) when (broken is DbException or DbUpdateException)
        {
            // The answer is there and paid for; that it is not kept costs no more than asking again.
            Failed(logger, broken);
            telemetry.Answered("failed");
        }
    }

    private async Task<CacheLookup> LookUpAsync(
        CacheQuestion question, CancellationTokenSource limit, CancellationToken within, CancellationToken cancellationToken)
    {
        // 1. Refuse.
        if (!ModelName.Parse(options.Value.CacheModel).TryGet(out var embedder, out _)) return Refuse("bad_model");
        if (question.Text.Length > options.Value.CacheTaskCharactersMax) return Refuse("too_long");
        if (!IsForEverybody(question.Rule.Label)) return Refuse("readers");
        var isBuiltin = embedder == BuiltinModels.UseLite;
        if (isBuiltin && !IsEnglish(question.Text)) return Refuse("language");
        var policy = PolicyOf(question.Grant);
        if (IsFlagged(question.Text, policy)) return Refuse("secret");
        if (!(await setting.ReadAsync(within)).Enabled) return Refuse("off");

        // 2. Exact key.
        if (!CacheKey.Of(question, embedder).TryGet(out var key, out _)) return Refuse("grant");

        // 3. Vector. Loading has a limit of its own.
        limit.CancelAfter(Timeout.InfiniteTimeSpan);
        if (await model.LoadAsync(embedder, cancellationToken) is { } unfit) return Refuse(unfit.Code);
        limit.CancelAfter(options.Value.CacheTimeMax);
        var made = await embeddings.EmbedAsync(
            new EmbeddingCall(embedder, [question.Text], EmbeddingPurpose.Query), static _ => { }, within);
        if (!made.TryGet(out var vectors, out var fault)) return Refuse(fault.Code);
        if (isBuiltin && vectors.TokensCount is 0 or >= BuiltinTokensMax) return Refuse("too_long");
        var vector = vectors.Vectors[0];

        // 4. Nearest.
        if (await answers.NearestAsync(key, vector, question.Rule.Similarity, within) is { } near)
        {
            telemetry.LookedUp("hit");
            return new CacheLookup(near, null);
        }

        telemetry.LookedUp("miss");
        return new CacheLookup(null, new FreePlace(question, key, vector));
    }

    private string? WhyNotKept(CacheQuestion question, ModelReply reply)
    {
        if (reply.Text.Length > options.Value.CacheAnswerCharactersMax) return "too_long";
        return IsFlagged(reply.Text, PolicyOf(question.Grant)) ? "flagged" : null;
    }

    /// <summary>Whether the output filter stops a text, or takes anything out of it.</summary>
    private bool IsFlagged(string text, Policy policy) =>
        !filter.Release(text, policy).TryGet(out var released, out _) || released != text;

    private static bool IsForEverybody(JsonElement label)
    {
        var readers = Label.Read(label).Readers;
        return readers.IsEveryone || readers.Names.Contains(Readers.TenantWord);
    }

    // What the model knows no letters of, it takes for one and the same.
    private static bool IsEnglish(string text) =>
        !text.Any(static letter => char.IsLetter(letter) && !char.IsAscii(letter))
        && LanguageGuess.Of(text) is Language.English or Language.None;

    private static Policy PolicyOf(JsonElement grant)
    {
        try
        {
            return grant.Deserialize<RunGrant>(Json.Options)?.Policy?.Rules ?? Policy.Default;
        }
        catch (JsonException)
        {
            return Policy.Default;
        }
    }

    private CacheLookup Refuse(string why)
    {
        telemetry.LookedUp(why);
        return CacheLookup.Nothing;
    }

    [LoggerMessage(
        EventName = "knowledge.cache_failed", Level = LogLevel.Warning, Message = "The semantic cache could not reach its rows")]
    private static partial void Failed(ILogger logger, Exception failure);

    private sealed record FreePlace(CacheQuestion Question, byte[] Key, float[] Vector) : CachePlace;
}
