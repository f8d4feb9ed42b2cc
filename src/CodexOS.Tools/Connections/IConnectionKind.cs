using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Connections;

/// <summary>Knows one kind of connection.</summary>
internal interface IConnectionKind
{
    /// <summary>The kind, as <see cref="ConnectionSettings.Kind"/>.</summary>
    string Kind { get; }

    /// <summary>What is wrong with settings before anything is asked of the source; null if nothing.</summary>
    Fault? Check(ConnectionSettings settings);

    /// <summary>Asks the source what it offers. Only done when somebody creates, changes or refreshes the connection.</summary>
    Task<Result<Discovery>> DiscoverAsync(Connection connection, CancellationToken cancellationToken);

    /// <summary>
    /// The contract of a tool, without what an administrator says of it: who gets to know what it is given, where it runs,
    /// how long it may take.
    /// </summary>
    ToolContract ContractOf(Connection connection, ToolDefinition definition);

    /// <summary>The tool that performs calls under a contract.</summary>
    ITool ToolOf(Connection connection, ToolDefinition definition, ToolContract contract);
}
