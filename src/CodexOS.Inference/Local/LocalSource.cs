using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Local;

/// <summary>
/// The provider <c>local</c>: embedding models in folders of this machine. A model is loaded when it is asked first.
/// </summary>
internal sealed class LocalSource(IOptions<InferenceOptions> options) : IModelSource, IEmbedderSource, IDisposable
{
    private readonly Lock _gate = new();
    private readonly Dictionary<string, OnnxEmbedder> _loaded = new(StringComparer.Ordinal);

    private Dictionary<string, LocalModelOptions> Known => options.Value.Local;

    public ModelProvider Provider => new(
        "local", Known.Count > 0, IsReal: true,
        Known.Count > 0
            ? $"Embedding models: {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}."
            : "Set Inference:Local:<name>:Directory to a folder with model.onnx and vocab.txt.")
    {
        Chats = false,
    };

    public bool IsRemote => false;

    public Fault? Check(string model) => Known.ContainsKey(model) ? null : new Fault(
        "inference.unknown_model", FaultKind.Invalid,
        $"There is no local model '{model}'. There are: {string.Join(", ", Known.Keys.Order(StringComparer.Ordinal))}.");

    public Result<IChatClient> Open(string model) => new Fault(
        "inference.no_chat", FaultKind.Invalid,
        "The provider 'local' has embedding models only, which cannot be talked with. Choose a model of another provider.");

    public Result<IEmbeddingGenerator<string, Embedding<float>>> OpenEmbedder(string model)
    {
        if (Check(model) is { } unknown) return unknown;
        lock (_gate)
        {
            if (!_loaded.TryGetValue(model, out var embedder))
            {
                if (!OnnxEmbedder.Load(model, Known[model]).TryGet(out embedder, out var fault)) return fault;
                _loaded.Add(model, embedder);
            }

            return Result.Of<IEmbeddingGenerator<string, Embedding<float>>>(embedder);
        }
    }

    public void Dispose()
    {
        foreach (var embedder in _loaded.Values) embedder.Dispose();
    }
}
