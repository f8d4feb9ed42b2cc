using System.ComponentModel.DataAnnotations;

namespace CodexOS.Tools.Mcp;

/// <summary>The bounds of MCP sessions, and what the operator lets programs of MCP servers have.</summary>
public sealed class McpOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Tools:Mcp";

    /// <summary>Most sessions with servers that are kept between calls; the one that was used longest ago goes first.</summary>
    [Range(1, 10_000)]
    public int SessionsMax { get; set; } = 100;

    /// <summary>How long a session is kept without a call.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan SessionIdleMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>
    /// Most calls of one connection that a process has under way at once, of all runs together; further ones are refused.
    /// </summary>
    [Range(1, 10_000)]
    public int CallsMax { get; set; } = 16;

    /// <summary>
    /// How often the program of a server that has ended by itself, or does not start, is started anew for a run. It is
    /// counted from the beginning when nobody has called it for as long as a session is kept.
    /// </summary>
    [Range(0, 1_000)]
    public int RestartsMax { get; set; } = 5;

    /// <summary>How long the program of a server may live, used or not.</summary>
    [Range(typeof(TimeSpan), "00:00:10", "1.00:00:00")]
    public TimeSpan ProgramTimeMax { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How long a program is waited for until it has said which version it speaks.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan ProbeTimeMax { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Most messages that a server may send beside the answer to one request.</summary>
    [Range(1, 1_000_000)]
    public int MessagesMax { get; set; } = 10_000;

    /// <summary>How often a server may ask for more before it answers.</summary>
    [Range(0, 20)]
    public int RoundsMax { get; set; } = 4;

    /// <summary>
    /// How long a person is waited for who is asked something in the middle of a call; then the server hears that nobody
    /// answered. A server over HTTP of a revision before 2026-07-28 is also bound by <c>Egress:RequestTimeMax</c>.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan AnswerTimeMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>How much a server may ask of people in the middle of one call; the rest is declined.</summary>
    [Range(0, 100)]
    public int QuestionsMax { get; set; } = 4;

    /// <summary>
    /// Folders of this machine that hold programs of MCP servers, by the name that connections use; a program sees its folder
    /// read-only.
    /// </summary>
    public Dictionary<string, string> Folders { get; } = new(StringComparer.Ordinal);

    /// <summary>Secrets that programs of MCP servers may be given in variables, by the name that connections use.</summary>
    public Dictionary<string, McpSecretOptions> Secrets { get; } = new(StringComparer.Ordinal);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        foreach (var (name, path) in Folders)
        {
            if (name.Length is 0 or > 64 || !Path.IsPathFullyQualified(path))
                yield return new ValidationResult($"{Section}:{nameof(Folders)}:{name}: give the whole path of a folder.");
        }

        foreach (var (name, secret) in Secrets)
        {
            if (string.IsNullOrEmpty(secret.Value) == string.IsNullOrEmpty(secret.File))
                yield return new ValidationResult($"{Section}:{nameof(Secrets)}:{name}: set either Value or File.");
        }
    }
}

/// <summary>A secret for programs of MCP servers.</summary>
public sealed class McpSecretOptions
{
    /// <summary>The secret. Prefer <see cref="File"/>, which keeps it out of the process's environment.</summary>
    public string? Value { get; set; }

    /// <summary>A file that holds the secret and nothing else. It is read each time a program starts.</summary>
    public string? File { get; set; }

    /// <summary>The only tenants whose connections may use it, by id; none listed is every tenant.</summary>
    public IList<string> Tenants { get; } = [];
}
