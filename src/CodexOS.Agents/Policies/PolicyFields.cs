using CodexOS.Agents.Definitions;

namespace CodexOS.Agents.Policies;

/// <summary>All fields of a policy, said once: the reader and the published schema come from here.</summary>
internal static class PolicyFields
{
    public const int ListLengthMax = 200;
    private const string HostPattern = @"^(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$";

    private static readonly string[] s_actions = ["ask", "refuse"];

    public static readonly IReadOnlyList<Field> All =
    [
        new("trusted_from", FieldType.Text, "The least source that counts as trusted: user, tenant, or tool (which trusts files).")
        {
            OneOf = ["user", "tenant", "tool"], Default = "tenant",
        },
        new("untrusted_action", FieldType.Text, "What becomes of a consequential call that nobody trusted has asked for.")
        {
            OneOf = s_actions, Default = "ask",
        },
        new("disclosure", FieldType.Text, "What becomes of a call that gives data to somebody who is not among its readers.")
        {
            OneOf = s_actions, Default = "ask",
        },
        new("trifecta", FieldType.Text,
            "What becomes of a way out in a run that has read private data and untrusted content.")
        {
            OneOf = s_actions, Default = "ask",
        },
        new("unknown_link", FieldType.Text, "What becomes of a call that sends a link which nobody trusted has named.")
        {
            OneOf = s_actions, Default = "ask",
        },
        new("closed_values_keep_trust", FieldType.Flag,
            "Whether a choice, a yes or no, or a number read from untrusted text leaves a run trusted. As an argument it is not.")
        {
            Default = "true",
        },
        new("users_may_disclose", FieldType.Flag, "Whether users who name a recipient may send them what they may read themselves.")
        {
            Default = "true",
        },
        new("standing_approvals", FieldType.Flag, "Whether approvals may be given in advance.") { Default = "true" },
        new("recipients", FieldType.Texts,
            "Addresses and names that count as trusted and as members of the tenant; * stands for any run of characters."),
        new("hosts", FieldType.Texts, "Hosts that links and destinations may name, for instance *.example.org.")
        {
            Pattern = HostPattern, PatternWords = "be a host in lower case, or one after '*.'", LengthMax = 253,
        },
        new("canaries", FieldType.Texts, "Texts that must never leave, however they are encoded: 8 letters or digits at least.")
        {
            Pattern = "^(.*[A-Za-z0-9]){8}.*$", PatternWords = "have 8 letters or digits at least", LengthMax = 1_000,
        },
        new("tools", FieldType.ToolPolicies, "What holds for single tools, by name."),
    ];

    public static readonly IReadOnlyList<Field> Tool =
    [
        new("calls_max", FieldType.WholeNumber, "Most calls of the tool in a run.") { Maximum = 10_000 },
        new("approval", FieldType.Text, "always: a person is asked before every call.")
        {
            OneOf = ["default", "always"], Default = "default",
        },
        new("refuse", FieldType.Flag, "Whether the tool is refused, whoever grants it.") { Default = "false" },
    ];
}
