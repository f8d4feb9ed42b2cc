using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Cache;

/// <summary>
/// Has the model loaded that makes the vectors of tasks. It is loaded for the first task that needs it, so that no server keeps
/// it in memory for nothing, and that task waits: its look-up may not take as long as loading does, so without this the first
/// task after each start would find nothing, and its answer would not be kept.
/// </summary>
internal sealed class CacheModel(IEmbeddings embeddings, IOptions<KnowledgeOptions> options, TimeProvider clock)
{
    private readonly Lock _gate = new();
    private Task<Fault?>? _loading;

    /// <summary>Waits until the model is loaded; says why it is not.</summary>
    public async Task<Fault?> LoadAsync(ModelName model, CancellationToken cancellationToken)
    {
        Task<Fault?> loading;
        // It goes on for the next task when this one gives up.
        lock (_gate) loading = _loading ??= Task.Run(() => embeddings.Load(model), CancellationToken.None);
        if (loading.IsCompletedSuccessfully && await loading is null) return null;
        try
        {
            var fault = await loading.WaitAsync(options.Value.CacheLoadTimeMax, clock, cancellationToken);
            if (fault is not null) Forget(loading);
            return fault;
        }
        catch (TimeoutException)
        {
            return KnowledgeFaults.CacheModelLoads;
        }
        catch when (loading.IsFaulted)
        {
            Forget(loading);
            throw;
        }
    }

    /// <summary>The next task tries again: the file may be there by then.</summary>
    private void Forget(Task<Fault?> failed)
    {
        lock (_gate)
        {
            if (_loading == failed) _loading = null;
        }
    }
}
