namespace CodexOS.Client.Contracts;

/// <summary>How to reach a server.</summary>
public sealed record CodexOSClientOptions
{
    /// <summary>The server's address, for instance <c>http://127.0.0.1:7420</c>.</summary>
    public required Uri Server { get; init; }

    /// <summary>Where sessions are kept; in memory unless told otherwise.</summary>
    public ICredentialStore Credentials { get; init; } = new MemoryCredentialStore();

    /// <summary>The clock.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;

    /// <summary>How often a call that may be repeated is tried again when the server was not reached.</summary>
    public int RetriesMax { get; init; } = 3;

    /// <summary>The wait before the first retry; it doubles with each further one.</summary>
    public TimeSpan RetryDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>The longest time one call may take; uploads have <see cref="UploadTimeout"/>.</summary>
    public TimeSpan CallTimeout { get; init; } = TimeSpan.FromSeconds(100);

    /// <summary>The longest time an upload may take.</summary>
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>The largest JSON answer in bytes; more fails with <c>client.bad_answer</c>.</summary>
    public int AnswerSizeMax { get; init; } = 64 * 1024 * 1024;

    /// <summary>What to send with instead of sockets, for instance an in-memory server.</summary>
    public HttpMessageHandler? Handler { get; init; }
}
