using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Inference.Scripted;

/// <summary>A script as it is written in YAML; the schema is <c>docs/schemas/script.schema.json</c>.</summary>
[SuppressMessage("Design", "CA1002", Justification = "The YAML reader fills these lists.")]
internal sealed class Script
{
    public string Name { get; set; } = "";

    public string Description { get; set; } = "";

    public List<ScriptTurn> Turns { get; set; } = [];
}

/// <summary>What to answer in one situation.</summary>
internal sealed class ScriptTurn
{
    /// <summary>The situation; a turn without one fits always.</summary>
    public ScriptCondition When { get; set; } = new();

    /// <summary>What is said.</summary>
    public string Reply { get; set; } = "";

    /// <summary>The tools that are called.</summary>
    public List<ScriptCall> Call { get; set; } = [];
}

/// <summary>A tool call of a turn.</summary>
internal sealed class ScriptCall
{
    public string Tool { get; set; } = "";

    public Dictionary<string, object?> Arguments { get; set; } = new(StringComparer.Ordinal);
}

/// <summary>A situation: everything that is set has to hold.</summary>
internal sealed class ScriptCondition
{
    /// <summary>The number of the answer, from 1.</summary>
    public int? Turn { get; set; }

    /// <summary>The tool whose result came last; <c>none</c> if the last message is a person's.</summary>
    public string? Tool { get; set; }

    /// <summary>Whether one of the last results is an error.</summary>
    public bool? IsError { get; set; }

    /// <summary>The exit code of the last command.</summary>
    public int? ExitCode { get; set; }

    /// <summary>An exit code that the last command did not end with.</summary>
    public int? ExitCodeNot { get; set; }

    /// <summary>A text that the last results contain.</summary>
    public string? Contains { get; set; }

    /// <summary>
    /// A regular expression that the last results match; its named groups are <c>{{ match.name }}</c>.
    /// </summary>
    public string? Matches { get; set; }

    /// <summary>A text that the task contains.</summary>
    public string? TaskContains { get; set; }

    /// <summary>A regular expression that the task matches.</summary>
    public string? TaskMatches { get; set; }

    /// <summary>Tools that have been called before, in any turn.</summary>
    public List<string> Called { get; set; } = [];

    /// <summary>Tools that have not been called.</summary>
    public List<string> NotCalled { get; set; } = [];
}
