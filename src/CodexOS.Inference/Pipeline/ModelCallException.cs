using CodexOS.Platform.Faults;

namespace CodexOS.Inference.Pipeline;

/// <summary>
/// Carries a fault through the pipeline, because <c>IChatClient</c> streams and cannot return one. It never leaves the
/// module: the effect handler turns it back into a value.
/// </summary>
internal sealed class ModelCallException : Exception
{
    public ModelCallException()
        : this(new Fault("inference.failed", FaultKind.Internal, "The model call failed."))
    {
    }

    public ModelCallException(string message)
        : this(new Fault("inference.failed", FaultKind.Internal, message))
    {
    }

    public ModelCallException(string message, Exception innerException)
        : base(message, innerException)
    {
        Fault = new Fault("inference.failed", FaultKind.Internal, message);
    }

    public ModelCallException(Fault fault, Exception? innerException = null)
        : base(fault.Message, innerException)
    {
        Fault = fault;
    }

    /// <summary>What went wrong.</summary>
    public Fault Fault { get; }

    /// <summary>Whether the same request may succeed when it is sent again at once or a little later.</summary>
    public bool IsPassing { get; init; }

    /// <summary>Whether it says that the endpoint as a whole is unwell, not that this request was wrong.</summary>
    public bool IsEndpointUnwell { get; init; }
}
