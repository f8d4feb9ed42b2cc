using System.Reflection;
using CodexOS.Platform.Storage;

namespace CodexOS.Platform.Installation;

/// <summary>One member of what <c>GET /api/v1/system</c> says about this installation. Registered by its owner.</summary>
public interface ISystemFact
{
    /// <summary>The member's name, camelCase.</summary>
    string Name { get; }

    /// <summary>The type of its value; the API document describes it.</summary>
    Type ValueType { get; }

    /// <summary>Its present value. It never holds a secret.</summary>
    ValueTask<object> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The version of CodexOS.</summary>
public sealed class VersionFact : ISystemFact
{
    /// <summary>The version, for instance <c>0.1.0</c>.</summary>
    public static string Version { get; } =
        typeof(VersionFact).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    /// <inheritdoc />
    public string Name => "version";

    /// <inheritdoc />
    public Type ValueType => typeof(string);

    /// <inheritdoc />
    public ValueTask<object> ReadAsync(CancellationToken cancellationToken) => ValueTask.FromResult<object>(Version);
}

/// <summary>The kind of database.</summary>
internal sealed class DatabaseFact(Database database) : ISystemFact
{
    public string Name => "database";

    public Type ValueType => typeof(SqlDialect);

    public ValueTask<object> ReadAsync(CancellationToken cancellationToken) =>
        ValueTask.FromResult<object>(database.Dialect);
}
