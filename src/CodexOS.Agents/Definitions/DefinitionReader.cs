using System.Collections.Immutable;
using System.Globalization;
using CodexOS.Agents.Policies;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Tenancy;
using CodexOS.Tools.Contracts;

namespace CodexOS.Agents.Definitions;

/// <summary>
/// Reads a definition from YAML and checks it against the fields, the tools and the model providers of this
/// installation. All that is wrong is said at once, each with its place.
/// </summary>
internal sealed class DefinitionReader(
    IToolCatalogue catalogue, IModels models, IKnowledgeBases knowledge, ISecretSource secrets, TenantContext tenants)
{
    /// <summary>
    /// The definition, or <c>agents.malformed_yaml</c>, <c>agents.unknown_tool</c> (nothing else is wrong) or
    /// <c>agents.invalid_definition</c>.
    /// </summary>
    /// <param name="text">The author's YAML.</param>
    /// <param name="author">Who can grant no more than they may read themselves; null is CodexOS.</param>
    /// <param name="cancellationToken">Stops the attempt.</param>
    public async Task<Result<AgentDefinition>> ReadAsync(string text, Caller? author, CancellationToken cancellationToken)
    {
        var tools = await catalogue.ReadAsync(cancellationToken);
        if (!YamlTree.Read(text).TryGet(out var root, out var malformed)) return malformed;
        var errors = new DefinitionErrors();
        if (root is not YamlPiece.Map map)
        {
            errors.Add("$", root, "A definition is a list of fields such as 'name: my-agent'.");
            return errors.ToFault();
        }

        var fields = new FieldSet(map, "", DefinitionFields.Agent, errors);
        var egress = new EgressReader(errors);
        var name = fields.Text("name");
        var definition = new AgentDefinition(
            name,
            fields.TextOr("title", name).Trim(),
            fields.TextOr("description", "").Trim(),
            fields.Text("instructions"),
            Model(fields, errors),
            fields.TextOr("program", "react"),
            new ToolListReader(tools, errors).Read(fields.Piece("tools")),
            LimitsOf(fields, errors),
            (float?)fields.Number("temperature"),
            (int?)fields.WholeNumber("output_tokens_max"))
        {
            Knowledge = await KnowledgeAsync(fields, author, errors, cancellationToken),
            Egress = egress.Read(fields.Piece("egress")),
            SemanticCache = SemanticCacheOf(fields, errors),
            Policy = fields.Piece("policy") is { } policy
                ? new PolicyReader(tools, errors).Read("policy", policy)
                : null,
        };
        foreach (var (path, piece, secret) in egress.Secrets)
        {
            if (!await secrets.HasAsync(secret, tenants.Required, cancellationToken))
            {
                errors.Add(
                    path, piece, $"There is no secret '{secret}'. Set it with codexos secrets, or ask the operator for it.");
            }
        }

        CheckKnowledgeTools(definition, tools, fields, errors);
        return errors.Any ? errors.ToFault() : definition;
    }

    private async Task<ImmutableArray<string>?> KnowledgeAsync(
        FieldSet fields, Caller? author, DefinitionErrors errors, CancellationToken cancellationToken)
    {
        var names = fields.Texts("knowledge");
        if (names.IsEmpty) return null;
        var known = await knowledge.KnownAsync(names, cancellationToken);
        var list = (YamlPiece.List)fields.Piece("knowledge")!;
        for (var i = 0; i < names.Length; i++)
        {
            // Where one was no name at all, that is said by itself, and the places of the others are not known.
            var at = list.Items.Count == names.Length ? list.Items[i] : list;
            // A base that the author may not read is not said to be there.
            var mayRead = author is null || author.May("knowledge:read", new Resource(ResourceKinds.Knowledge, names[i]));
            if (!known.Contains(names[i]) || !mayRead)
            {
                errors.Add(
                    $"knowledge[{i}]", at,
                    $"There is no knowledge base '{names[i]}' that you may read. codexos kb ls lists yours.");
            }
            else if (names.IndexOf(names[i]) != i)
            {
                errors.Add($"knowledge[{i}]", at, $"The knowledge base '{names[i]}' is listed twice.");
            }
        }

        return names;
    }

    /// <summary>A tool for knowledge bases without any would be refused at every call.</summary>
    private static void CheckKnowledgeTools(
        AgentDefinition definition, IToolSet tools, FieldSet fields, DefinitionErrors errors)
    {
        if (fields.Piece("knowledge") is not null) return;
        if (definition.Tools.FirstOrDefault(tool => tools.Find(tool.Name) is { NeedsKnowledge: true }) is not { } needing) return;
        errors.Add(
            "knowledge", fields.Piece("tools")!,
            $"{needing.Name} reads knowledge bases: list those that it may read, for instance 'knowledge: [handbook]'.");
    }

    private string Model(FieldSet fields, DefinitionErrors errors)
    {
        var text = fields.Text("model");
        if (text.Length == 0 || fields.Piece("model") is not { } piece) return text;
        if (!ModelName.Parse(text).TryGet(out var model, out var fault))
        {
            errors.Add("model", piece, fault.Message);
        }
        else if (models.Providers.All(provider => provider.Name != model.Provider))
        {
            var names = models.Providers.Select(static provider => provider.Name).ToList();
            errors.Add(
                "model",
                piece,
                $"There is no model provider '{model.Provider}'.{Nearest.Question(model.Provider, names)} "
                + $"There are: {string.Join(", ", names)}.");
        }

        return text;
    }

    private static SemanticCacheRule? SemanticCacheOf(FieldSet agent, DefinitionErrors errors)
    {
        var none = SemanticCacheRule.Default;
        if (agent.Piece("semantic_cache") is not { } piece) return null;
        if (piece is not YamlPiece.Map map)
        {
            errors.Add("semantic_cache", piece, "It is a list of fields such as 'similarity: 0.95' and 'ttl: 1h'.");
            return none;
        }

        var fields = new FieldSet(map, "semantic_cache.", DefinitionFields.SemanticCache, errors);
        return new SemanticCacheRule((double?)fields.Number("similarity") ?? none.Similarity, fields.Seconds("ttl") ?? none.TtlSeconds);
    }

    private static AgentLimits LimitsOf(FieldSet agent, DefinitionErrors errors)
    {
        var none = AgentLimits.Default;
        if (agent.Piece("limits") is not { } piece) return none;
        if (piece is not YamlPiece.Map map)
        {
            errors.Add("limits", piece, "Limits are a list of fields such as 'steps_max: 50'.");
            return none;
        }

        var fields = new FieldSet(map, "limits.", DefinitionFields.Limits, errors);
        return new AgentLimits(
            (int?)fields.WholeNumber("steps_max") ?? none.StepsMax,
            fields.Seconds("wall_time_max") ?? none.WallTimeMaxSeconds,
            fields.WholeNumber("tokens_max") ?? none.TokensMax,
            (long?)(fields.Number("cost_max_usd") * 1_000_000m) ?? none.CostMaxMicroUsd,
            (int?)fields.WholeNumber("context_tokens_max") ?? none.ContextTokensMax,
            (int?)fields.WholeNumber("calls_per_turn_max") ?? none.CallsPerTurnMax,
            (int?)fields.WholeNumber("errors_in_a_row_max") ?? none.ErrorsInARowMax);
    }
}

/// <summary>Gathers what is wrong with a definition.</summary>
internal sealed class DefinitionErrors
{
    private const int ShownMax = 50;

    private readonly List<DefinitionError> _all = [];
    private bool _onlyUnknownTools = true;

    public bool Any => _all.Count > 0;

    public void Add(string path, YamlPiece at, string message)
    {
        _onlyUnknownTools = false;
        _all.Add(new DefinitionError(path, at.Line, at.Column, message));
    }

    public void AddUnknownTool(string path, YamlPiece at, string message) =>
        _all.Add(new DefinitionError(path, at.Line, at.Column, message));

    /// <param name="code">The code where more than unknown tools is wrong.</param>
    public Fault ToFault(string code = "agents.invalid_definition")
    {
        var sorted = _all.OrderBy(static error => error.Line).ThenBy(static error => error.Column).ToList();
        var first = sorted[0];
        var more = sorted.Count == 1 ? "" : $" {sorted.Count - 1} more: see errors.";
        return new Fault(
            _onlyUnknownTools ? "agents.unknown_tool" : code,
            FaultKind.Invalid,
            $"{first.Path} at line {first.Line}, column {first.Column}: {first.Message}{more}")
        {
            Errors = sorted.Take(ShownMax)
                .GroupBy(static error => error.Path, StringComparer.Ordinal)
                .ToImmutableDictionary(
                    static group => group.Key,
                    static group => group
                        .Select(static error => string.Create(
                            CultureInfo.InvariantCulture, $"Line {error.Line}, column {error.Column}: {error.Message}"))
                        .ToImmutableArray()),
        }.With("line", first.Line).With("column", first.Column);
    }
}
