using System.Text.Json.Nodes;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Mcp;

/// <summary>A way to a server.</summary>
internal interface IMcpChannel
{
    /// <summary>A number for the next request of the session.</summary>
    long NextId();

    /// <summary>
    /// Sends a request and waits for its answer; what else the server says meanwhile goes to the exchange. Faults: those of
    /// <see cref="McpFaults"/> and of the guard.
    /// </summary>
    /// <exception cref="OperationCanceledException">It was called off, and the server was told.</exception>
    Task<Result<McpAnswer>> RequestAsync(McpRequest request, McpExchange exchange, CancellationToken cancellationToken);

    /// <summary>Tells the server something that has no answer.</summary>
    Task<Result<Done>> NotifyAsync(JsonObject notification, CancellationToken cancellationToken);

    /// <summary>Says which revision is spoken from now on.</summary>
    void Speak(string version);
}
