using CodexOS.Platform.Faults;

namespace CodexOS.Inference.Contracts;

/// <summary>The model providers of this installation.</summary>
public interface IModels
{
    /// <summary>All providers, whether or not they are configured.</summary>
    IReadOnlyList<ModelProvider> Providers { get; }

    /// <summary>Checks that a name is well formed and that its provider exists and is configured.</summary>
    Result<ModelProvider> Check(ModelName name);
}

/// <summary>A model provider as it is shown to people.</summary>
/// <param name="Name">The part before the colon, for instance <c>openai</c>.</param>
/// <param name="Configured">Whether it can be called.</param>
/// <param name="IsReal">False for scripted and replayed models.</param>
/// <param name="Hint">What to do to configure it, or what models it has.</param>
public sealed record ModelProvider(string Name, bool Configured, bool IsReal, string Hint)
{
    /// <summary>Whether its models can be talked with; false where all of them only turn texts into vectors.</summary>
    public bool Chats { get; init; } = true;
}

/// <summary>A model's full name.</summary>
/// <param name="Provider">The provider, for instance <c>openai</c>.</param>
/// <param name="Model">The model, as the provider names it.</param>
public sealed record ModelName(string Provider, string Model)
{
    /// <summary>Reads <c>provider:model</c>; the model's own name may contain colons.</summary>
    public static Result<ModelName> Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        return colon > 0 && colon < text.Length - 1 && text.Length <= 200
            ? new ModelName(text[..colon], text[(colon + 1)..])
            : new Fault(
                "inference.bad_model_name",
                FaultKind.Invalid,
                $"'{text}' is not a model. Write provider:model, for instance openai:gpt-4o-mini.");
    }

    /// <inheritdoc />
    public override string ToString() => $"{Provider}:{Model}";
}
