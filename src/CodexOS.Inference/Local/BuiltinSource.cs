using CodexOS.Inference.Contracts;
using CodexOS.Inference.Local.UseLite;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Local;

/// <summary>
/// The provider <c>builtin</c>: the embedding model that CodexOS comes with. It is loaded when it is asked first.
/// </summary>
internal sealed class BuiltinSource(IOptions<InferenceOptions> options) : IModelSource, IEmbedderSource
{
    private readonly Lock _gate = new();
    private readonly string _path = Path.Combine(
        options.Value.BuiltinDirectory ?? Path.Combine(AppContext.BaseDirectory, "models"), UseLiteFile.Name);

    private UseLiteEmbedder? _loaded;

    public ModelProvider Provider
    {
        get
        {
            var isThere = File.Exists(_path);
            return new ModelProvider(
                BuiltinModels.Provider, isThere, IsReal: true,
                isThere
                    ? "An embedding model for short English texts: builtin:use-lite."
                    : $"Its file {_path} is missing; './run up' makes it.")
            {
                Chats = false,
            };
        }
    }

    public bool IsRemote => false;

    public Fault? Check(string model) => model == BuiltinModels.UseLite.Model ? null : new Fault(
        "inference.unknown_model", FaultKind.Invalid,
        $"There is no built-in model '{model}'. There is {BuiltinModels.UseLite}.");

    public Result<IChatClient> Open(string model) => new Fault(
        "inference.no_chat", FaultKind.Invalid,
        "The provider 'builtin' has an embedding model only, which cannot be talked with. Choose a model of another provider.");

    public Result<IEmbeddingGenerator<string, Embedding<float>>> OpenEmbedder(string model)
    {
        if (Check(model) is { } unknown) return unknown;
        lock (_gate)
        {
            if (_loaded is null && !UseLiteEmbedder.Load(_path).TryGet(out _loaded, out var fault)) return fault;
            return Result.Of<IEmbeddingGenerator<string, Embedding<float>>>(_loaded);
        }
    }
}
