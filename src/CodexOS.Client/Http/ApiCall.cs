namespace CodexOS.Client.Http;

/// <summary>One call of the API, before it is sent.</summary>
internal sealed record ApiCall(HttpMethod Method, string Path)
{
    /// <summary>Makes the body, anew for each attempt.</summary>
    public Func<HttpContent>? Body { get; init; }

    /// <summary>Goes without a token.</summary>
    public bool IsAnonymous { get; init; }

    /// <summary>May be sent again when it is not known whether it arrived.</summary>
    public bool IsRepeatable { get; init; }

    /// <summary>Headers beyond the usual.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; init; } = [];

    /// <summary>What to accept.</summary>
    public string Accept { get; init; } = "application/json";

    /// <summary>The longest time, if not the usual one.</summary>
    public TimeSpan? Timeout { get; init; }

    public static ApiCall Get(string path) => new(HttpMethod.Get, path) { IsRepeatable = true };

    public static ApiCall Post(string path) => new(HttpMethod.Post, path);
}
