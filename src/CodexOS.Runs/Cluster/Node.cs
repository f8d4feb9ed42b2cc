using System.Globalization;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Journal;

namespace CodexOS.Runs.Cluster;

/// <summary>This process, this time: a restarted process is another node.</summary>
internal sealed class Node
{
    /// <summary>Reads who this is; the data directory remembers the place.</summary>
    public Node(
        ILocalSiloDetails silo, ProcessRoles roles, NodeOptions options, DataDirectory data, Database database,
        TimeProvider clock)
    {
        Address = silo.SiloAddress;
        Silo = NameOf(silo.SiloAddress);
        // Without other nodes nobody compares owners with members, and the name must only never come twice.
        Owner = database.Dialect is SqlDialect.Postgres ? Silo : $"{Silo}/{AppendId.New(clock).Value:N}";
        Name = options.Name ?? $"{Environment.MachineName}-{Environment.ProcessId}";
        Roles = roles;
        Place = PlaceOf(data, clock);
        StartedAt = clock.GetUtcNow();
    }

    /// <summary>The member of the cluster that this process is.</summary>
    public SiloAddress Address { get; }

    /// <summary>The same as text: address, port and generation.</summary>
    public string Silo { get; }

    /// <summary>What runs name as their owner while they are driven here.</summary>
    public string Owner { get; }

    /// <summary>The name for people.</summary>
    public string Name { get; }

    /// <summary>What it does.</summary>
    public ProcessRoles Roles { get; }

    /// <summary>
    /// The data directory, which one process at a time holds: when a process starts in it, whoever was there before is
    /// dead, and nobody needs to wait until that is noticed.
    /// </summary>
    public Guid Place { get; }

    /// <summary>When the process started.</summary>
    public DateTimeOffset StartedAt { get; }

    /// <summary>How the database names a member.</summary>
    public static string NameOf(SiloAddress silo) => string.Create(
        CultureInfo.InvariantCulture, $"{silo.Endpoint.Address}:{silo.Endpoint.Port}@{silo.Generation}");

    /// <summary>A copied directory is another place, so the id counts only where it was made.</summary>
    private static Guid PlaceOf(DataDirectory data, TimeProvider clock)
    {
        var path = data.In("node");
        string[] here = [Environment.MachineName, data.Path];
        if (File.Exists(path)
            && File.ReadAllLines(path) is [var id, .. var made] && made.SequenceEqual(here)
            && Guid.TryParse(id, out var known))
        {
            return known;
        }

        var place = AppendId.New(clock).Value;
        File.WriteAllLines(path, [place.ToString(), .. here]);
        return place;
    }
}
