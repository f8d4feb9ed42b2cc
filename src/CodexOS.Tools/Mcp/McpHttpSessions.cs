using System.Collections.Concurrent;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.Mcp;

/// <summary>
/// Sessions with servers of older revisions, one for each run and connection, so that what a server remembers between two
/// calls is there. They are words only: nothing is open. Those that are idle, and the oldest of too many, are forgotten.
/// </summary>
internal sealed class McpHttpSessions(IOptions<McpOptions> options, TimeProvider clock)
{
    private readonly ConcurrentDictionary<McpSessionKey, Kept> _kept = new();

    /// <summary>The session of a run with a connection, or null.</summary>
    public Kept? Find(McpSessionKey key)
    {
        if (!_kept.TryGetValue(key, out var kept)) return null;
        var now = clock.GetUtcNow();
        if (now - kept.UsedAt > options.Value.SessionIdleMax)
        {
            _kept.TryRemove(key, out _);
            return null;
        }

        kept.UsedAt = now;
        return kept;
    }

    /// <summary>Keeps a session.</summary>
    public Kept Keep(McpSessionKey key, McpHttpSession session, McpPeer peer)
    {
        var now = clock.GetUtcNow();
        foreach (var (old, it) in _kept)
        {
            if (now - it.UsedAt > options.Value.SessionIdleMax) _kept.TryRemove(old, out _);
        }

        while (_kept.Count >= options.Value.SessionsMax && _kept.MinBy(static each => each.Value.UsedAt) is { Key: { } oldest })
            _kept.TryRemove(oldest, out _);
        return _kept[key] = new Kept(session, peer) { UsedAt = now };
    }

    /// <summary>Forgets a session that the server has forgotten.</summary>
    public void Forget(McpSessionKey key) => _kept.TryRemove(key, out _);

    /// <summary>A session, and who it is with.</summary>
    internal sealed record Kept(McpHttpSession Session, McpPeer Peer)
    {
        public DateTimeOffset UsedAt { get; set; }
    }
}
