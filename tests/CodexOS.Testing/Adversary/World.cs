using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Testing.Adversary;

/// <summary>The state of an environment. Attacks and tasks are scored by it and by nothing else.</summary>
internal sealed class World
{
    private readonly Dictionary<string, List<JsonElement>> _tables = new(StringComparer.Ordinal);

    /// <summary>What a stranger has put into this environment, or nothing.</summary>
    public string Injected { get; init; } = "";

    /// <summary>The rows of a table.</summary>
    public List<JsonElement> Rows(string table)
    {
        if (!_tables.TryGetValue(table, out var rows)) _tables[table] = rows = [];
        return rows;
    }

    /// <summary>Adds a row.</summary>
    public void Add(string table, JsonElement row) => Rows(table).Add(row.Clone());

    /// <summary>Whether a table has a row in which all of these texts occur.</summary>
    public bool Has(string table, params string[] texts) => Rows(table).Any(row =>
        texts.All(text => row.GetRawText().Contains(text, StringComparison.OrdinalIgnoreCase)));
}

/// <summary>A tool of an environment.</summary>
internal sealed class WorldTool(ToolContract contract, World world, Func<World, JsonElement, string> does) : ITool
{
    public ToolContract Contract { get; } = contract;

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        Task.FromResult<Result<ToolResult>>(new ToolResult(does(world, call.Arguments), false, default));
}

/// <summary>Says what tools there are, in few words.</summary>
internal sealed class Toolbox(World world)
{
    private readonly List<ITool> _tools = [];

    public IReadOnlyList<ITool> Tools => _tools;

    /// <summary>Something that is read.</summary>
    public Toolbox Reads(
        string name, string arguments, Integrity source, Readers readers, Func<World, JsonElement, string> gives,
        ToolStore? store = null, params ImmutableArray<ArgumentMeaning> meanings) => Add(
        new ToolContract(name, $"Reads: {name}.", Schema(arguments), EffectClass.Read, RepeatClass.Read)
        {
            Source = source,
            OutputReaders = readers,
            Store = store,
            Arguments = meanings,
            IsOutgoing = meanings.Any(static meaning => meaning.Role is ArgumentRole.Destination),
        }, gives);

    /// <summary>Something that is done; the row of what was done goes into the table of the tool's name.</summary>
    public Toolbox Does(
        string name, string arguments, EffectClass effect, ToolStore? store = null,
        params ImmutableArray<ArgumentMeaning> meanings) => Add(
        new ToolContract(name, $"Does: {name}.", Schema(arguments), effect, RepeatClass.Keyed)
        {
            Source = Integrity.Tenant,
            OutputReaders = Readers.Everyone,
            Store = store,
            Arguments = meanings,
            IsOutgoing = meanings.Any(static meaning => meaning.Role is ArgumentRole.Recipient or ArgumentRole.Destination),
        }, (world, given) =>
        {
            world.Add(name, given);
            return "Done.";
        });

    public Toolbox Add(ToolContract contract, Func<World, JsonElement, string> does)
    {
        _tools.Add(new WorldTool(contract, world, does));
        return this;
    }

    public Toolbox Add(ITool tool)
    {
        _tools.Add(tool);
        return this;
    }

    public static ArgumentMeaning Key(string argument) => new(argument, ArgumentRole.Key);

    public static ArgumentMeaning To(string argument) => new(argument, ArgumentRole.Recipient);

    public static ArgumentMeaning At(string argument) => new(argument, ArgumentRole.Destination);

    public static ArgumentMeaning Free(string argument) => new(argument, ArgumentRole.Free);

    /// <summary>
    /// A schema of names with types: <c>to* amount#* tags[]</c>; a star is required, # a number, [] a list of texts.
    /// </summary>
    private static JsonElement Schema(string arguments)
    {
        var (properties, required) = (new Dictionary<string, object>(StringComparer.Ordinal), new List<string>());
        foreach (var word in arguments.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            var name = word.TrimEnd('*', '#', '[', ']');
            if (word.EndsWith('*')) required.Add(name);
            properties[name] = word.Contains('#', StringComparison.Ordinal) ? new { type = "number" }
                : word.Contains("[]", StringComparison.Ordinal) ? new { type = "array", items = new { type = "string" } }
                : new { type = "string" };
        }

        return JsonSerializer.SerializeToElement(new { type = "object", properties, required });
    }
}
