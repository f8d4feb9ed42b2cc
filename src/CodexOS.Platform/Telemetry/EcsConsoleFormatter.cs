using System.Buffers;
using System.Collections;
using System.Diagnostics;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using CodexOS.Platform.Installation;
using CodexOS.Platform.Tenancy;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Logging.Console;

namespace CodexOS.Platform.Telemetry;

/// <summary>
/// Writes a log event as one line of JSON with the field names of the Elastic Common Schema: time, level, message, the
/// trace it belongs to, the tenant (<c>organization.id</c>), and the event's and its scopes' values as labels. A scope
/// that carries <c>RunId</c> thereby marks every line of a run with <c>labels.run_id</c>.
/// </summary>
internal sealed class EcsConsoleFormatter(TenantContext tenants, TimeProvider clock) : ConsoleFormatter(FormatterName)
{
    public const string FormatterName = "ecs";
    private const int ValueLengthMax = 4_000;
    private const int ItemsMax = 50;

    private static readonly JsonWriterOptions s_json = new()
    {
        // The line goes to a terminal or a log shipper, never into a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        SkipValidation = true,
    };

    public override void Write<TState>(
        in LogEntry<TState> logEntry, IExternalScopeProvider? scopeProvider, TextWriter textWriter)
    {
        var buffer = new ArrayBufferWriter<byte>(512);
        using (var json = new Utf8JsonWriter(buffer, s_json))
        {
            json.WriteStartObject();
            json.WriteString("@timestamp", clock.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
            json.WriteString("log.level", LevelName(logEntry.LogLevel));
            json.WriteString("message", logEntry.Formatter(logEntry.State, logEntry.Exception));
            json.WriteString("ecs.version", "8.17.0");
            json.WriteString("service.name", "codexos");
            json.WriteString("service.version", VersionFact.Version);
            json.WriteString("log.logger", logEntry.Category);
            if (logEntry.EventId.Name is { } action) json.WriteString("event.action", action);
            WriteContext(json);
            if (logEntry.Exception is { } error) WriteError(json, error);
            WriteLabels(json, logEntry.State, scopeProvider);
            json.WriteEndObject();
        }

        textWriter.WriteLine(Encoding.UTF8.GetString(buffer.WrittenSpan));
    }

    private void WriteContext(Utf8JsonWriter json)
    {
        if (Activity.Current is { } activity)
        {
            json.WriteString("trace.id", activity.TraceId.ToHexString());
            json.WriteString("span.id", activity.SpanId.ToHexString());
        }

        if (tenants.Current is { } tenant) json.WriteString("organization.id", tenant.ToString());
    }

    private static void WriteError(Utf8JsonWriter json, Exception error)
    {
        json.WriteString("error.type", error.GetType().FullName);
        json.WriteString("error.message", error.Message);
        json.WriteString("error.stack_trace", error.ToString());
    }

    private static void WriteLabels<TState>(Utf8JsonWriter json, TState state, IExternalScopeProvider? scopes)
    {
        // The innermost value of a name wins, so a name is written once.
        var labels = new Dictionary<string, object?>(StringComparer.Ordinal);
        scopes?.ForEachScope(static (scope, into) => Collect(scope, into), labels);
        Collect(state, labels);
        foreach (var (name, value) in labels)
        {
            if (value is null) continue;
            var text = value as string
                ?? (value is IEnumerable many ? string.Join(", ", many.Cast<object?>().Take(ItemsMax)) : value.ToString());
            if (text?.Length > ValueLengthMax) text = text[..ValueLengthMax];
            json.WriteString(name == "RequestPath" ? "url.path" : $"labels.{SnakeCase(name)}", text);
        }
    }

    private static void Collect(object? source, Dictionary<string, object?> labels)
    {
        if (source is not IEnumerable<KeyValuePair<string, object?>> pairs) return;
        foreach (var (name, value) in pairs)
        {
            if (name is not "{OriginalFormat}") labels[name] = value;
        }
    }

    private static string SnakeCase(string name) => JsonNamingPolicy.SnakeCaseLower.ConvertName(name);

    private static string LevelName(LogLevel level) => level switch
    {
        LogLevel.Trace => "trace",
        LogLevel.Debug => "debug",
        LogLevel.Information => "info",
        LogLevel.Warning => "warn",
        LogLevel.Error => "error",
        LogLevel.Critical => "fatal",
        _ => throw new UnreachableException($"The level {level} is not logged."),
    };
}
