using System.Data.Common;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Options;

namespace CodexOS.Platform.Health;

/// <summary>One thing that must be well before the server takes requests. Registered by whoever owns it.</summary>
public interface IReadiness
{
    /// <summary>What is checked, one word.</summary>
    string Name { get; }

    /// <summary>Null if all is well, otherwise what is wrong and what to do, without secrets.</summary>
    Task<string?> WhyNotAsync(CancellationToken cancellationToken);
}

/// <summary>The database answers, and its schema is the one this version needs.</summary>
internal sealed class DatabaseReadiness(Database database, DatabaseMigrator migrator) : IReadiness
{
    public string Name => "database";

    public async Task<string?> WhyNotAsync(CancellationToken cancellationToken)
    {
        if (!migrator.Done) return "The migrations have not been applied yet.";
        foreach (var place in database.Places)
        {
            try
            {
                await using var connection = await database.OpenAsync(place, cancellationToken);
                await using var command = connection.CreateCommand();
                command.CommandText = "SELECT 1";
                await command.ExecuteScalarAsync(cancellationToken);
            }
            catch (DbException) when (!place.IsHome)
            {
                return $"The shard {place} does not answer. Check Database:Shards:{place}:ConnectionString and that it runs.";
            }
        }

        return null;
    }
}

/// <summary>There is room to write.</summary>
internal sealed class DiskReadiness(DataDirectory data, IOptions<HealthOptions> options) : IReadiness
{
    public string Name => "disk";

    public Task<string?> WhyNotAsync(CancellationToken cancellationToken)
    {
        var free = Math.Min(
            new DriveInfo(data.Path).AvailableFreeSpace, new DriveInfo(data.Shared).AvailableFreeSpace);
        var needed = options.Value.DiskFreeBytesMin;
        return Task.FromResult(free >= needed
            ? null
            : $"The data directory's disk has {free >> 20} MiB left, fewer than {needed >> 20} MiB. Free some space.");
    }
}
