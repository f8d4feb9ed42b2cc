using System.ComponentModel.DataAnnotations;

namespace CodexOS.Tools.Connections;

/// <summary>The bounds of connections: of what strangers' servers may say, and how long they may take to say it.</summary>
public sealed class ConnectionOptions
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Tools:Connections";

    /// <summary>Most connections that a tenant may have.</summary>
    [Range(0, 1_000)]
    public int ConnectionsMax { get; set; } = 50;

    /// <summary>Most tools of one connection; one that offers more is refused.</summary>
    [Range(1, 2_000)]
    public int ToolsMax { get; set; } = 200;

    /// <summary>Most pages of one list that a server may give.</summary>
    [Range(1, 1_000)]
    public int PagesMax { get; set; } = 50;

    /// <summary>Most characters of a tool's description; what is behind is cut and said so.</summary>
    [Range(100, 100_000)]
    public int DescriptionLengthMax { get; set; } = 4_000;

    /// <summary>Largest schema of a tool's arguments, written out without references, in bytes.</summary>
    [Range(1_024, 1 << 20)]
    public int SchemaBytesMax { get; set; } = 64 * 1_024;

    /// <summary>How deep schemas may be nested, written out.</summary>
    [Range(2, 40)]
    public int SchemaDepthMax { get; set; } = 20;

    /// <summary>Most schemas that one tool's schema may be made of, written out.</summary>
    [Range(10, 100_000)]
    public int SchemaNodesMax { get; set; } = 3_000;

    /// <summary>Largest definitions of a connection's tools together, in bytes.</summary>
    [Range(16 * 1_024, 256 << 20)]
    public int DefinitionsBytesMax { get; set; } = 4 << 20;

    /// <summary>Largest API document, in bytes.</summary>
    [Range(1_024, 64 << 20)]
    public int DocumentBytesMax { get; set; } = 8 << 20;

    /// <summary>Most values in an API document, aliases written out.</summary>
    [Range(1_000, 10_000_000)]
    public int DocumentNodesMax { get; set; } = 500_000;

    /// <summary>Largest answer to one request, in bytes; also the longest message of a program.</summary>
    [Range(1_024, 256 << 20)]
    public int AnswerBytesMax { get; set; } = 8 << 20;

    /// <summary>How long a refresh may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan RefreshTimeMax { get; set; } = TimeSpan.FromMinutes(1);

    /// <summary>How long one call may take.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "06:00:00")]
    public TimeSpan CallTimeMax { get; set; } = TimeSpan.FromMinutes(2);

    /// <summary>Whether connections may use plain HTTP, where everyone on the way can read and change what is sent.</summary>
    public bool AllowPlainHttp { get; set; }

    /// <summary>Most bytes of definitions that a process remembers, of all tenants together.</summary>
    [Range(1L << 20, 1L << 34)]
    public long RememberedBytesMax { get; set; } = 128L << 20;
}
