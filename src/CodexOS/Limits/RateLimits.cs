using System.Diagnostics.Metrics;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Options;

namespace CodexOS.Limits;

/// <summary>
/// Before anything is known of a request: its address is held against the limit by this node alone, so that a flood costs
/// nothing but this look.
/// </summary>
internal sealed class AddressLimit(
    RequestDelegate next, LocalRateCounter counter, RateMeters meters, IOptions<RateLimitOptions> options)
{
    public Task InvokeAsync(HttpContext context)
    {
        var limits = options.Value;
        if (limits.PerAddress == 0 || RateLimits.IsExempt(context)) return next(context);
        RateUse[] uses = [RateUse.Of(context.Connection.RemoteIpAddress, limits.PerAddress, limits.Burst)];
        return counter.Take(uses) is { } refusal ? meters.RefuseAsync(context, refusal) : next(context);
    }
}

/// <summary>
/// Once it is known who makes a request: account, key and tenant are held against their limits, by all nodes together where
/// there is Redis; then the address is counted together as well.
/// </summary>
internal sealed class CallerLimit(
    RequestDelegate next, IRateCounter counter, RateMeters meters, IOptions<RateLimitOptions> options)
{
    public async Task InvokeAsync(HttpContext context)
    {
        if (!RateLimits.IsExempt(context))
        {
            var uses = UsesOf(context);
            if (uses.Count > 0 && await counter.TakeAsync(uses, context.RequestAborted) is { } refusal)
            {
                await meters.RefuseAsync(context, refusal);
                return;
            }
        }

        await next(context);
    }

    private List<RateUse> UsesOf(HttpContext context)
    {
        var limits = options.Value;
        var uses = new List<RateUse>(4);
        if (limits.PerAddress > 0 && counter is not LocalRateCounter)
            uses.Add(RateUse.Of(context.Connection.RemoteIpAddress, limits.PerAddress, limits.Burst));
        if (Caller.Of(context) is not { } caller) return uses;
        if (limits.PerAccount > 0)
            uses.Add(RateUse.Of(RateSubject.Account, $"{caller.Tenant}|{caller.User}", limits.PerAccount, limits.Burst));
        if (limits.PerTenant > 0)
            uses.Add(RateUse.Of(RateSubject.Tenant, caller.Tenant.ToString(), limits.PerTenant, limits.Burst));
        if (limits.PerKey > 0 && caller.KeyId is { } key)
            uses.Add(RateUse.Of(RateSubject.Key, key, limits.PerKey, limits.Burst));
        return uses;
    }
}

/// <summary>Says no, and counts how often and to whom.</summary>
internal sealed class RateMeters
{
    public const string Name = "CodexOS.Limits";

    private readonly Counter<long> _refusals;

    public RateMeters(IMeterFactory meters) => _refusals = meters.Create(Name).CreateCounter<long>(
        "codexos.limits.refusals", unit: "{request}", description: "Requests that a rate limit refused, by whose limit it is.");

    public Task RefuseAsync(HttpContext context, RateRefusal refusal)
    {
        var (word, whose) = refusal.Subject switch
        {
            RateSubject.Address => ("address", "from this address"),
            RateSubject.Account => ("account", "of this account"),
            RateSubject.Key => ("key", "with this API key"),
            _ => ("tenant", "of this tenant"),
        };
        _refusals.Add(1, new KeyValuePair<string, object?>("limit", word));
        var seconds = Math.Max(1, (int)Math.Ceiling(refusal.Wait.TotalSeconds));
        return Problems.WriteAsync(context, new Fault(
            "platform.rate_limited", FaultKind.Throttled, $"Too many requests {whose}. Try again in {seconds} s.")
        {
            RetryAfter = TimeSpan.FromSeconds(seconds),
        }.With("limit", word));
    }
}

/// <summary>How rate limits are wired.</summary>
internal static class RateLimits
{
    public static void Add(IServiceCollection services)
    {
        services.AddSingleton<LocalRateCounter>();
        services.AddSingleton<RateMeters>();
        services.AddSingleton<IRateCounter>(provider =>
            provider.GetRequiredService<IOptions<RateLimitOptions>>().Value.Redis is { Length: > 0 }
                ? ActivatorUtilities.CreateInstance<RedisRateCounter>(provider)
                : provider.GetRequiredService<LocalRateCounter>());
    }

    /// <summary>Whoever looks after the server must be able to, however busy it is.</summary>
    public static bool IsExempt(HttpContext context) =>
        context.Request.Path.StartsWithSegments("/health", StringComparison.Ordinal);
}
