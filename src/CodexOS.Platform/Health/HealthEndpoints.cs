using CodexOS.Platform.Service;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Health;

/// <summary>Tells supervisors and load balancers how the server is.</summary>
internal static partial class HealthEndpoints
{
    public static void Map(IEndpointRouteBuilder routes)
    {
        var health = routes.MapGroup("/health").AllowAnonymous().ServeAlways().ExcludeFromDescription();
        health.MapGet("/live", () => TypedResults.Ok(new Liveness("live")));
        health.MapGet("/ready", ReadyAsync);
    }

    private static async Task<JsonHttpResult<Readiness>> ReadyAsync(
        IEnumerable<IReadiness> checks,
        IOptions<HealthOptions> options,
        TimeProvider clock,
        ILogger<Readiness> log,
        CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.Value.CheckTimeout, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        var results = await Task.WhenAll(checks.Select(check => AskAsync(check, log, either.Token)));
        var ready = results.All(result => result.Ok);
        return TypedResults.Json(
            new Readiness(ready ? "ready" : "notReady", results),
            statusCode: ready ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<ReadinessCheck> AskAsync(
        IReadiness check, ILogger log, CancellationToken cancellationToken)
    {
        try
        {
            var whyNot = await check.WhyNotAsync(cancellationToken).WaitAsync(cancellationToken);
            return new ReadinessCheck(check.Name, whyNot is null, whyNot);
        }
        catch (OperationCanceledException)
        {
            return new ReadinessCheck(check.Name, false, "It does not answer in time.");
        }
        catch (Exception error) when (error is System.Data.Common.DbException or IOException)
        {
            // The log has the details; an anonymous caller gets none.
            LogFailed(log, error, check.Name);
            return new ReadinessCheck(check.Name, false, "It failed; the server's log says why.");
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "The readiness check {Check} failed.")]
    private static partial void LogFailed(ILogger log, Exception error, string check);
}

/// <summary>The process runs.</summary>
internal sealed record Liveness(string Status);

/// <summary>Whether the server can take requests, and each check.</summary>
internal sealed record Readiness(string Status, IReadOnlyList<ReadinessCheck> Checks);

/// <summary>One check's outcome.</summary>
internal sealed record ReadinessCheck(string Name, bool Ok, string? Reason);
