using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Scripted;

/// <summary>
/// The provider <c>scripted</c>: answers that somebody wrote beforehand, for demonstrations and tests.
/// </summary>
internal sealed class ScriptedSource(ScriptLibrary library, IOptions<InferenceOptions> options, TimeProvider clock)
    : IModelSource
{
    public ModelProvider Provider => new(
        "scripted", Configured: true, IsReal: false, $"Scripts: {string.Join(", ", library.Names)}.");

    public bool IsRemote => false;

    public Fault? Check(string model) => library.Find(model).TryGet(out _, out var fault) ? null : fault;

    public Result<IChatClient> Open(string model) => library.Find(model).TryGet(out var script, out var fault)
        ? Result.Of<IChatClient>(new ScriptedChatClient(model, script, options.Value.Scripted.ChunkDelay, clock))
        : fault;
}
