using System.Diagnostics.Metrics;
using CodexOS.Platform.Http;
using CodexOS.Platform.Telemetry;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Diagnostics;
using Microsoft.Extensions.Options;

namespace CodexOS.Limits;

/// <summary>
/// Writes down that a request was refused: for its input, for who makes it, or for how often they ask. These are the attempts to
/// get around a control, so each kind is an event with a name that stays. The line has the code, the route and the names of
/// fields, never what stood in them. So many lines a minute are written of each kind; all are counted.
/// </summary>
internal sealed partial class RefusalLog
{
    private const string Said =
        "{Code}: {Method} {Route} was refused with {Status}; fields [{Fields}], tenant {Tenant}, user {User}";

    private readonly TimeProvider _clock;
    private readonly ILogger<RefusalLog> _log;
    private readonly Counter<long> _refusals;
    private readonly LinesPerMinute _input;
    private readonly LinesPerMinute _caller;
    private readonly LinesPerMinute _rate;

    public RefusalLog(
        IOptions<TelemetryOptions> options, TimeProvider clock, IMeterFactory meters, ILogger<RefusalLog> log)
    {
        (_clock, _log) = (clock, log);
        var most = options.Value.RefusalsPerMinuteMax;
        (_input, _caller, _rate) = (new LinesPerMinute(most), new LinesPerMinute(most), new LinesPerMinute(most));
        _refusals = meters.Create("CodexOS.Http").CreateCounter<long>(
            "codexos.http.refusals", unit: "{request}",
            description: "Requests that were refused, by kind: for their input, for who makes them, or for how often.");
    }

    /// <summary>Writes down how a request ended, if it was refused.</summary>
    public void Note(HttpContext context)
    {
        var status = context.Response.StatusCode;
        switch (status)
        {
            case StatusCodes.Status400BadRequest or StatusCodes.Status405MethodNotAllowed
                or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType
                or StatusCodes.Status422UnprocessableEntity:
                if (IsWritten("input", _input)) Write(context, status, LogInput);
                break;
            case StatusCodes.Status401Unauthorized or StatusCodes.Status403Forbidden:
                if (IsWritten("caller", _caller)) Write(context, status, LogCaller);
                break;
            case StatusCodes.Status429TooManyRequests:
                if (IsWritten("rate", _rate)) Write(context, status, LogRate);
                break;
            default:
                break;
        }
    }

    private bool IsWritten(string kind, LinesPerMinute lines)
    {
        _refusals.Add(1, new KeyValuePair<string, object?>("kind", kind));
        var isWritten = lines.Take(_clock.GetUtcNow(), out var skipped);
        if (skipped > 0) LogSkipped(kind, skipped);
        return isWritten;
    }

    private static void Write(
        HttpContext context, int status, Action<string, string, string, int, string, string, string> write)
    {
        var refusal = Refusal.Of(context);
        var endpoint = (context.GetEndpoint() ?? context.Features.Get<IExceptionHandlerFeature>()?.Endpoint) as RouteEndpoint;
        var caller = Caller.Of(context);
        write(
            refusal?.Code ?? $"platform.status_{status}",
            MethodOf(context.Request.Method),
            endpoint?.RoutePattern.RawText ?? "none",
            status,
            refusal is null ? "" : string.Join(' ', refusal.Fields),
            caller?.Tenant.ToString() ?? "none",
            caller?.User.ToString() ?? "none");
    }

    /// <summary>A client can make methods up.</summary>
    private static string MethodOf(string method) =>
        HttpMethods.IsGet(method) || HttpMethods.IsPost(method) || HttpMethods.IsPut(method) || HttpMethods.IsPatch(method)
        || HttpMethods.IsDelete(method) || HttpMethods.IsHead(method) || HttpMethods.IsOptions(method)
            ? method
            : "OTHER";

    [LoggerMessage(
        EventName = "request.refused_input", Level = LogLevel.Information,
        Message = Said)]
    private partial void LogInput(
        string code, string method, string route, int status, string fields, string tenant, string user);

    [LoggerMessage(
        EventName = "request.refused_caller", Level = LogLevel.Information,
        Message = Said)]
    private partial void LogCaller(
        string code, string method, string route, int status, string fields, string tenant, string user);

    [LoggerMessage(
        EventName = "request.refused_rate", Level = LogLevel.Information,
        Message = Said)]
    private partial void LogRate(
        string code, string method, string route, int status, string fields, string tenant, string user);

    [LoggerMessage(
        EventName = "request.refusals_skipped", Level = LogLevel.Warning,
        Message = "{Skipped} further requests were refused ({Kind}) in the minute before, and have no line of their own.")]
    private partial void LogSkipped(string kind, long skipped);
}

/// <summary>Lets so many lines through in each minute, and counts the others.</summary>
internal sealed class LinesPerMinute(int most)
{
    private readonly Lock _gate = new();
    private long _minute;
    private int _written;
    private long _skipped;

    /// <summary>Whether one more line is written.</summary>
    /// <param name="now">The time.</param>
    /// <param name="skipped">How many were not written in the last minute that had any, said once when it is over.</param>
    public bool Take(DateTimeOffset now, out long skipped)
    {
        var minute = now.Ticks / TimeSpan.TicksPerMinute;
        lock (_gate)
        {
            skipped = 0;
            if (minute != _minute) (_minute, _written, skipped, _skipped) = (minute, 0, _skipped, 0);
            if (_written < most)
            {
                _written++;
                return true;
            }

            _skipped++;
            return false;
        }
    }
}

/// <summary>Has refused requests written down, whoever refused them. It stands before everything that refuses.</summary>
internal sealed class RefusedRequests(RequestDelegate next, RefusalLog log)
{
    public async Task InvokeAsync(HttpContext context)
    {
        await next(context);
        log.Note(context);
    }
}
