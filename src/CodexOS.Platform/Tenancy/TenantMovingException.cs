using CodexOS.Platform.Faults;
using Npgsql;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// A tenant's rows are on their way to another database, or this process believes that they are where they are not. Nothing was
/// done; the same thing works in a moment.
/// </summary>
public sealed class TenantMovingException : FaultException
{
    /// <summary>Stops because a tenant is about to leave, or has just left.</summary>
    public TenantMovingException()
        : base(Moving)
    {
    }

    /// <summary>Stops because of what is said.</summary>
    /// <param name="why">What this process believed, for its log.</param>
    /// <param name="cause">What showed that it is not so.</param>
    public TenantMovingException(string why, Exception? cause = null)
        : base(Moving, new InvalidOperationException(why, cause))
    {
    }

    /// <summary>Stops with another fault than that the tenant is moving.</summary>
    public TenantMovingException(Fault fault)
        : base(fault)
    {
    }

    /// <summary>What those are told who want something of the tenant meanwhile.</summary>
    public static Fault Moving { get; } = new(
        "platform.tenant_moving",
        FaultKind.Unavailable,
        "This tenant is being moved to another database. Nothing was done; try again in a moment.")
    {
        RetryAfter = TimeSpan.FromSeconds(5),
    };

    /// <summary>What is said where a tenant lies in a place that the settings of a server do not know.</summary>
    public static Fault UnknownPlace(string name) => new(
        "platform.unknown_place",
        FaultKind.Unavailable,
        $"This tenant lies in the shard {name}, which this server does not know. Set Database:Shards:{name} and restart it.");

    /// <summary>Whether PostgreSQL refused a tenant's own rows, which means that they do not lie there.</summary>
    public static bool Caused(Exception? error) => error switch
    {
        null => false,
        PostgresException { SqlState: PostgresErrorCodes.InsufficientPrivilege } => true,
        _ => Caused(error.InnerException),
    };
}
