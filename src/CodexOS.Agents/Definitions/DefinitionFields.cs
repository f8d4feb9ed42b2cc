using CodexOS.Agents.Policies;
using CodexOS.Platform.Egress;

namespace CodexOS.Agents.Definitions;

/// <summary>What a field holds.</summary>
internal enum FieldType
{
    Text,
    WholeNumber,
    Number,
    Duration,
    Tools,
    Egress,
    Limits,
    SemanticCache,

    /// <summary>Yes or no.</summary>
    Flag,

    /// <summary>A list of texts.</summary>
    Texts,

    Policy,

    /// <summary>What holds for single tools, by name.</summary>
    ToolPolicies,
}

/// <summary>A field of the definition: the reader checks by it, and the published schema is made from it.</summary>
/// <param name="Name">Its name in the text.</param>
/// <param name="Type">What it holds.</param>
/// <param name="Description">What it means, for authors.</param>
internal sealed record Field(string Name, FieldType Type, string Description)
{
    public bool Required { get; init; }

    /// <summary>A regular expression that the text matches.</summary>
    public string? Pattern { get; init; }

    /// <summary>What the pattern asks for, in words.</summary>
    public string? PatternWords { get; init; }

    public IReadOnlyList<string>? OneOf { get; init; }

    public int LengthMax { get; init; } = 200;

    /// <summary>How many texts a list may have.</summary>
    public int CountMax { get; init; } = PolicyFields.ListLengthMax;

    public decimal Minimum { get; init; }

    public decimal Maximum { get; init; }

    /// <summary>What holds where the author says nothing, as it would be written.</summary>
    public string? Default { get; init; }
}

/// <summary>All fields of a definition, said once.</summary>
internal static class DefinitionFields
{
    public const string NamePattern = "^[a-z][a-z0-9-]{0,62}$";
    public const string ToolNamePattern = "^[a-z][a-z0-9_]{0,63}$";
    public const string KnowledgePattern = "^[a-z][a-z0-9-]{0,59}$";
    public const int ToolsMax = 128;
    public const int KnowledgeMax = 32;
    public const int ArgumentRulesMax = 32;

    public static readonly IReadOnlyList<Field> Agent =
    [
        new("name", FieldType.Text, "How the agent is called: it names the agent in URLs and on the command line.")
        {
            Required = true,
            Pattern = NamePattern,
            PatternWords = "begin with a lowercase letter and have up to 63 lowercase letters, digits and dashes",
        },
        new("title", FieldType.Text, "How the agent is shown to people. Its name, if left out."),
        new("description", FieldType.Text, "What the agent is for, in a sentence or two.") { LengthMax = 1_000 },
        new("instructions", FieldType.Text, "What the model is told before the task.")
        {
            Required = true,
            LengthMax = 100_000,
        },
        new("model", FieldType.Text, "The model, as provider:model, for instance openai:gpt-4o-mini.")
        {
            Required = true,
        },
        new("program", FieldType.Text, "How the agent works. react: it calls the model and its tools in turn.")
        {
            OneOf = ["react"],
            Default = "react",
        },
        new("tools", FieldType.Tools, "What the agent may do. A tool that is not listed cannot be called."),
        new("knowledge", FieldType.Texts, "The knowledge bases that its tools may search. One that is not listed cannot be read.")
        {
            CountMax = KnowledgeMax,
            Pattern = KnowledgePattern,
            PatternWords = "be the name of a knowledge base: a lowercase letter, then lowercase letters, digits and dashes",
        },
        new("egress", FieldType.Egress,
            "The hosts that its tools may reach. One that is not listed cannot be reached; without any there is no network."),
        new("limits", FieldType.Limits, "The bounds of each run."),
        new("semantic_cache", FieldType.SemanticCache,
            "Gives an earlier answer of the same version to a task that means the same, without asking the model. Off, if left out."),
        new("policy", FieldType.Policy, "What the gate does with calls that labels speak against; it only narrows the tenant's."),
        new("temperature", FieldType.Number, "Sampling temperature. The model's own, if left out.") { Maximum = 2 },
        new("output_tokens_max", FieldType.WholeNumber, "Most tokens of one answer. The provider's limit, if left out.")
        {
            Minimum = 1,
            Maximum = 1_000_000,
        },
    ];

    public const int EgressMax = 64;
    public const string EgressHostPattern = @"^(\*\.)?[^\s:/@*]+(:[1-9][0-9]{0,4})?$";

    public static readonly IReadOnlyList<Field> Egress =
    [
        new("host", FieldType.Text,
            "The host: api.example.com, *.example.com for all below it, api.example.com:8443 for another port than 80 and 443.")
        {
            Required = true,
            LengthMax = 300,
            Pattern = EgressHostPattern,
            PatternWords = "be a host such as api.example.com, *.example.com or api.example.com:8443",
        },
        new("methods", FieldType.Text,
            "The only HTTP methods, for instance [GET, HEAD]. With it, programs in the sandbox have no TLS tunnel to the host, "
            + "because nobody sees a method inside one."),
        new("secret", FieldType.Text, "The secret that is added to requests, by name. No tool sees it.")
        {
            LengthMax = 63,
            Pattern = EgressOptions.SecretNamePattern,
            PatternWords = "be the name of a secret: lowercase letters, digits, dashes and dots",
        },
    ];

    public static readonly IReadOnlyList<Field> Limits =
    [
        new("steps_max", FieldType.WholeNumber, "Most steps (model and tool calls) of a run.")
        {
            Minimum = 1, Maximum = 10_000, Default = "200",
        },
        new("wall_time_max", FieldType.Duration,
            "Longest time of a run, waiting included, for instance 90s, 30m, 2h or 7d.")
        {
            Minimum = 1, Maximum = 30 * 24 * 3_600, Default = "1h",
        },
        new("tokens_max", FieldType.WholeNumber, "Most model tokens of a run, input and output together.")
        {
            Minimum = 1, Maximum = 1_000_000_000, Default = "2000000",
        },
        new("cost_max_usd", FieldType.Number, "Most money of a run, in US dollars.")
        {
            Minimum = 0.01m, Maximum = 10_000, Default = "5",
        },
        new("context_tokens_max", FieldType.WholeNumber,
            "Most tokens, by estimate, of the conversation that is sent to the model. Older tool output is cut first.")
        {
            Minimum = 1_000, Maximum = 10_000_000, Default = "100000",
        },
        new("calls_per_turn_max", FieldType.WholeNumber, "Most tool calls that one answer of the model may ask for.")
        {
            Minimum = 1, Maximum = 64, Default = "16",
        },
        new("errors_in_a_row_max", FieldType.WholeNumber,
            "How many tool calls may fail one after the other before the run is ended.")
        {
            Minimum = 1, Maximum = 100, Default = "10",
        },
    ];

    public static readonly IReadOnlyList<Field> SemanticCache =
    [
        new("similarity", FieldType.Number, "How near the meanings of two tasks must be: the cosine of their vectors.")
        {
            Minimum = 0.8m, Maximum = 1, Default = "0.95",
        },
        new("ttl", FieldType.Duration, "How long an answer is kept, for instance 10m, 1h or 7d.")
        {
            Minimum = 1, Maximum = 30 * 24 * 3_600, Default = "1h",
        },
    ];

    public static readonly IReadOnlyList<Field> Tool =
    [
        new("name", FieldType.Text, "The tool's name.")
        {
            Required = true,
            Pattern = ToolNamePattern,
            PatternWords = "begin with a lowercase letter and have up to 64 lowercase letters, digits and underscores",
        },
        new("approval", FieldType.Text,
            "When a person is asked before a call: always, never, or default, which is as the tool says.")
        {
            OneOf = ["default", "always", "never"],
            Default = "default",
        },
        new("arguments", FieldType.Text,
            "Values that arguments must have. In a text, * stands for any run of characters; anything else must be "
            + "equal."),
    ];
}
