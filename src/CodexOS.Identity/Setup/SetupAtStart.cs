using System.Data.Common;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.Setup;

/// <summary>
/// Once the server listens and knows its address: as long as there is no owner, sees to it that there is a valid
/// administrator link (the one of an earlier start, if its file is there) and has it shown.
/// </summary>
internal sealed partial class SetupAtStart(
    Database database, DataDirectory data, SetupLink link, ISetupAnnouncement announcement,
    ServerAddress address, TimeProvider clock, ILogger<SetupAtStart> log) : IHostedLifecycleService
{
    public async Task StartedAsync(CancellationToken cancellationToken)
    {
        // Servers that start together give out one link, not one each of which only the last is good.
        using var held = await data.HoldSharedAsync(clock, cancellationToken);
        // In plain SQL, so that a start does not load EF Core: most servers have been set up long ago.
        await using var connection = await database.OpenAsync(cancellationToken);
        var table = database.TableOf(IdentityDbContext.SchemaName, "setup_state");
        var (isCompleted, tokenHash) = await ReadAsync(connection, table, cancellationToken);
        if (isCompleted)
        {
            link.Remove();
            return;
        }

        if (!link.TryRead(out var token) || tokenHash is null || !SetupLink.Hash(token).SequenceEqual(tokenHash))
        {
            // The file comes second: if this start dies in between, the next one makes a new token.
            token = SetupLink.NewToken();
            await WriteAsync(connection, table, SetupLink.Hash(token), cancellationToken);
        }

        announcement.Announce(link.Write(address.Listening, token));
        LogNeedsOwner(link.FilePath);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static async Task<(bool IsCompleted, byte[]? TokenHash)> ReadAsync(
        DbConnection connection, string table, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"SELECT completed_at IS NOT NULL, token_hash FROM {table}";
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        await reader.ReadAsync(cancellationToken);
        return (reader.GetBoolean(0), reader.IsDBNull(1) ? null : reader.GetFieldValue<byte[]>(1));
    }

    private static async Task WriteAsync(
        DbConnection connection, string table, byte[] tokenHash, CancellationToken cancellationToken)
    {
        await using var command = connection.CreateCommand();
        command.CommandText = $"UPDATE {table} SET token_hash = @hash WHERE completed_at IS NULL";
        var parameter = command.CreateParameter();
        parameter.ParameterName = "hash";
        parameter.Value = tokenHash;
        command.Parameters.Add(parameter);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(
        Level = LogLevel.Information, Message = "There is no owner yet. The administrator link is in {File}.")]
    private partial void LogNeedsOwner(string file);
}

/// <summary>Prints the link as one plain line on standard output, past the log and whatever collects it.</summary>
internal sealed class SetupOnConsole : ISetupAnnouncement
{
    public void Announce(Uri link) =>
        Console.Out.WriteLine($"Become the administrator of this CodexOS, once, here: {link.AbsoluteUri}");
}
