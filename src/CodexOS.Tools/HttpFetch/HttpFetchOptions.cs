using System.ComponentModel.DataAnnotations;

namespace CodexOS.Tools.HttpFetch;

/// <summary>The bounds of the tool <c>http_fetch</c>, beside those of section <c>Egress</c>.</summary>
public sealed class HttpFetchOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Tools:HttpFetch";

    /// <summary>The headers that a call may set, beside those that every call may: names, in any case.</summary>
    [MaxLength(64)]
    public IList<string> HeadersAllowed { get; } = [];

    /// <summary>Most redirects that are followed; each is decided on like a request of its own.</summary>
    [Range(0, 20)]
    public int RedirectsMax { get; set; } = 5;

    /// <summary>Largest answer, decompressed, in bytes.</summary>
    [Range(1_024, 1 << 30)]
    public int AnswerBytesMax { get; set; } = 8 << 20;

    /// <summary>Largest page of HTML that is turned into text, in bytes; what is behind is left out.</summary>
    [Range(1_024, 64 << 20)]
    public int PageBytesMax { get; set; } = 2 << 20;

    /// <summary>How long a call may take, redirects and all.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:30:00")]
    public TimeSpan TimeMax { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>What the tool says it is.</summary>
    [Required, RegularExpression("^[ -~]{1,200}$", ErrorMessage = "Tools:HttpFetch:UserAgent must be 1 to 200 plain characters.")]
    public string UserAgent { get; set; } = "CodexOS";
}
