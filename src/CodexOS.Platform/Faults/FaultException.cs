namespace CodexOS.Platform.Faults;

/// <summary>
/// A fault that has to stop whatever is going on, where a result could be overlooked. It is answered over HTTP like any
/// other fault.
/// </summary>
public class FaultException : Exception
{
    /// <summary>Stops with a fault.</summary>
    public FaultException(Fault fault, Exception? cause = null)
        : base((fault ?? throw new ArgumentNullException(nameof(fault))).Message, cause)
    {
        Fault = fault;
    }

    /// <summary>What is answered.</summary>
    public Fault Fault { get; }
}
