using System.ComponentModel.DataAnnotations;

namespace CodexOS.Host;

/// <summary>Where the server listens, what it runs, and what it accepts at its door.</summary>
internal sealed class ServerOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Server";

    /// <summary>The address to listen on. Encryption is left to a proxy in front, so the scheme is <c>http</c>.</summary>
    [Required, RegularExpression(@"^http://[^/\s]+$", ErrorMessage = "Server:Url must look like http://127.0.0.1:7420.")]
    public string Url { get; set; } = "http://127.0.0.1:7420";

    /// <summary>
    /// The directory that holds everything the installation owns. By default <c>data</c> in the repository when started
    /// from there, otherwise <c>codexos</c> in the XDG data home.
    /// </summary>
    public string? Data { get; set; }

    /// <summary>
    /// The directory of what all servers of one installation must reach: keys, blobs, workspaces, scripts, cassettes.
    /// By default that is the data directory; servers that share a PostgreSQL database share one of these as well.
    /// </summary>
    public string? Shared { get; set; }

    /// <summary>What this process does: <c>all</c>, or <c>api</c> and <c>worker</c> separated by commas.</summary>
    [Required]
    public string Role { get; set; } = "all";

    /// <summary>The directory of the built web pages; by default <c>wwwroot</c> beside the program.</summary>
    public string? WebRoot { get; set; }

    /// <summary>Largest request body in bytes; endpoints that take files raise it for themselves.</summary>
    [Range(1_024, 104_857_600)]
    public long BodyBytesMax { get; set; } = 1_048_576;

    /// <summary>Largest total size of a request's headers in bytes.</summary>
    [Range(4_096, 131_072)]
    public int HeaderBytesMax { get; set; } = 32_768;

    /// <summary>Most connections that are open at once; further ones are closed.</summary>
    [Range(10, 100_000)]
    public int ConnectionsMax { get; set; } = 5_000;

    /// <summary>How long a client may take to send its headers.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:02:00")]
    public TimeSpan HeadersTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>How long a request may take, event streams excepted.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RequestTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How long requests and steps under way may take to finish when the server is asked to stop.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:05:00")]
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(15);
}
