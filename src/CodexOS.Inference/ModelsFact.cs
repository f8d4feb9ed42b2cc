using CodexOS.Inference.Contracts;
using CodexOS.Platform.Installation;

namespace CodexOS.Inference;

/// <summary>What the system endpoint says of the models.</summary>
internal sealed class ModelsFact(IModels models) : ISystemFact
{
    public string Name => "models";

    public Type ValueType => typeof(IReadOnlyList<ModelState>);

    public ValueTask<object> ReadAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<object>(models.Providers
            .Select(provider => new ModelState(provider.Name, provider.Configured, provider.IsReal, provider.Chats))
            .ToList());
}

/// <summary>A model provider of this installation.</summary>
/// <param name="Provider">Its name, the part before the colon of a model's name.</param>
/// <param name="Configured">Whether it can be called.</param>
/// <param name="IsReal">False for scripted and replayed models.</param>
/// <param name="Chats">Whether its models can be talked with; false where all of them only turn texts into vectors.</param>
public sealed record ModelState(string Provider, bool Configured, bool IsReal, bool Chats);
