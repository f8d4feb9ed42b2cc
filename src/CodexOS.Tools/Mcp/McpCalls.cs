using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Mcp;

/// <summary>Counts the calls of each connection that are under way, so that no server takes up all of a process.</summary>
internal sealed class McpCalls(IOptions<McpOptions> options)
{
    private readonly Dictionary<ConnectionId, int> _underWay = [];

    /// <summary>Begins a call, which lasts until what is returned is disposed; refuses it where there are too many.</summary>
    public Result<IDisposable> Begin(ConnectionId connection)
    {
        lock (_underWay)
        {
            var count = _underWay.GetValueOrDefault(connection);
            if (count >= options.Value.CallsMax) return McpFaults.TooManyCalls(options.Value.CallsMax);
            _underWay[connection] = count + 1;
        }

        return new Call(this, connection);
    }

    private void End(ConnectionId connection)
    {
        lock (_underWay)
        {
            if (--_underWay[connection] == 0) _underWay.Remove(connection);
        }
    }

    private sealed class Call(McpCalls calls, ConnectionId connection) : IDisposable
    {
        public void Dispose() => calls.End(connection);
    }
}
