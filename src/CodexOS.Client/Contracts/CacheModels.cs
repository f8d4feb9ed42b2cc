namespace CodexOS.Client.Contracts;

/// <summary>An answer in the semantic cache.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Agent">The agent that gave it.</param>
/// <param name="AgentVersion">The agent's version; another one does not get it.</param>
/// <param name="Run">The run that the model gave it to.</param>
/// <param name="AskedBy">Who started that run.</param>
/// <param name="Hits">How often it took the place of a call.</param>
/// <param name="CreatedAt">Since when it is kept.</param>
/// <param name="ExpiresAt">Until when.</param>
public sealed record CachedAnswer(
    string Id, string Agent, int AgentVersion, string Run, string AskedBy, long Hits, DateTimeOffset CreatedAt,
    DateTimeOffset ExpiresAt);

/// <summary>What was removed from the semantic cache.</summary>
/// <param name="Removed">How many answers.</param>
public sealed record CacheCleared(int Removed);

/// <summary>Whether agents of the tenant may give answers again.</summary>
/// <param name="Enabled">Whether those may whose definitions ask for it; otherwise none may.</param>
public sealed record SemanticCacheSetting(bool Enabled);
