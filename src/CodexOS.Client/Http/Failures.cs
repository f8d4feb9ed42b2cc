using System.Net.Sockets;
using System.Text.Json;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Http;

/// <summary>What went wrong on the way, in words, and whether trying again can help.</summary>
internal static class Failures
{
    private const string Unreachable = "client.unreachable";
    private const string Broken = "client.connection_lost";

    public static bool IsOfNetwork(Exception exception) =>
        exception is HttpRequestException or IOException and not FileNotFoundException;

    /// <summary>The failure that an exception of the network means.</summary>
    public static CodexOSException Explain(Exception exception, Uri server, ApiCall call) => exception switch
    {
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError } e => new CodexOSException(
            Unreachable, FaultKind.Unavailable, $"Cannot connect to {server}: {Reason(e)}.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.NameResolutionError } e => new CodexOSException(
            "client.unknown_host", FaultKind.Unavailable, $"There is no host {server.Host}.", e),
        HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError } e => new CodexOSException(
            "client.insecure", FaultKind.Unavailable, $"No secure connection to {server}: {Reason(e)}.", e),
        _ => new CodexOSException(
            Broken,
            FaultKind.Unavailable,
            call.IsRepeatable
                ? $"The connection to {server} broke off: {Reason(exception)}."
                : $"The connection to {server} broke off ({Reason(exception)}); whether the request took effect is "
                    + "not known. Look before you repeat it.",
            exception),
    };

    public static bool MayRepeat(CodexOSException failure, ApiCall call) => failure switch
    {
        { Code: Unreachable } => true,
        { Code: Broken } => call.IsRepeatable,
        { Status: 502 or 503 or 504 } => call.IsRepeatable,
        _ => false,
    };

    /// <summary>Whether a watcher should come back after this failure.</summary>
    public static bool IsOutage(CodexOSException failure) =>
        failure.Code is Unreachable or Broken or "client.timeout" || failure.Status is 429 or 502 or 503 or 504;

    public static CodexOSException TimedOut(TimeSpan limit, Exception inner) => new(
        "client.timeout",
        FaultKind.Timeout,
        $"The server did not finish its answer within {limit.TotalSeconds:0} s. Try again, or see its log.",
        inner);

    public static CodexOSException BadAnswer(HttpResponseMessage response, JsonException inner) => new(
        "client.bad_answer",
        FaultKind.Upstream,
        $"{response.RequestMessage?.RequestUri?.GetLeftPart(UriPartial.Path)} answered something else than expected"
            + (inner.Path is { } path ? $" (at {path})" : "")
            + ". Is this the address of a CodexOS server, and is its version close to this client's?",
        inner)
    {
        Status = (int)response.StatusCode,
    };

    private static string Reason(Exception exception) =>
        exception.InnerException is SocketException socket
            ? socket.SocketErrorCode switch
            {
                SocketError.ConnectionRefused => "nothing listens there",
                SocketError.TimedOut => "it does not answer",
                _ => socket.Message,
            }
            : exception.Message.TrimEnd('.');
}
