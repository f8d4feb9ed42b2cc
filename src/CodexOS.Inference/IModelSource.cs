using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using Microsoft.Extensions.AI;

namespace CodexOS.Inference;

/// <summary>One provider: what it is, and how to reach its models.</summary>
internal interface IModelSource
{
    /// <summary>The provider as it is shown to people.</summary>
    ModelProvider Provider { get; }

    /// <summary>
    /// Whether calls leave this process, so that they can fail in passing and are worth sending again.
    /// </summary>
    bool IsRemote { get; }

    /// <summary>Why a model cannot be called, as far as that is known without calling it.</summary>
    Fault? Check(string model);

    /// <summary>Opens a model. The client belongs to the source and is not disposed by the caller.</summary>
    Result<IChatClient> Open(string model);
}
