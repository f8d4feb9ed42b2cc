namespace CodexOS.Testing.Servers;

/// <summary>A Redis server on a unix socket. Started again, it has nothing in it.</summary>
public sealed class RedisServer : HeldServer
{
    private RedisServer()
    {
    }

    /// <summary>Where it is, as StackExchange.Redis writes it.</summary>
    public string Configuration => $"!{Socket}";

    private string Socket => Path.Combine(Folder, "redis.sock");

    private protected override string[] Command =>
    [
        "redis-server", "--port", "0", "--unixsocket", Socket, "--dir", Folder, "--save", "", "--appendonly", "no",
        "--daemonize", "no",
    ];

    private protected override string ReadyWord => "eady to accept connections";

    private protected override string HowToGet => "apt-get install redis-server";

    /// <summary>Starts a server.</summary>
    /// <exception cref="InvalidOperationException">Redis is not installed or does not start; has what it said.</exception>
    public static Task<RedisServer> StartAsync(CancellationToken cancellationToken) =>
        StartedAsync(new RedisServer(), cancellationToken);
}
