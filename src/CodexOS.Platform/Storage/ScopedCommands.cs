using System.Data.Common;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Tells PostgreSQL with every command of EF Core for whom it works. Queries, and updates and deletes by query, carry it in
/// front of themselves in one message. What <c>SaveChanges</c> writes is counted statement by statement, so there it goes
/// ahead in a message of its own, in the transaction that <see cref="ModuleDbContext"/> always asks for. Where rows lie in the
/// place of their tenant, a command that would go to another one is not executed.
/// </summary>
/// <param name="tenants">For whom.</param>
/// <param name="places">Where their rows lie; null for a module whose rows all lie in the home database.</param>
internal sealed class ScopedCommands(TenantContext tenants, TenantPlaces? places) : DbCommandInterceptor
{
    public override async ValueTask<InterceptionResult<DbDataReader>> ReaderExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result,
        CancellationToken cancellationToken = default)
    {
        places?.Check(command.Connection!);
        var scope = Scope();
        if (IsCounted(eventData)) await scope.SayAsync(command, cancellationToken);
        else scope.PutBefore(command);
        return result;
    }

    public override async ValueTask<DbDataReader> ReaderExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, DbDataReader result,
        CancellationToken cancellationToken = default)
    {
        if (IsCounted(eventData)) return result;
        try
        {
            await result.NextResultAsync(cancellationToken);
            return result;
        }
        catch
        {
            // Whoever asked never gets to see the reader, and the connection is busy for as long as it is open.
            await result.DisposeAsync();
            throw;
        }
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result,
        CancellationToken cancellationToken = default)
    {
        places?.Check(command.Connection!);
        Scope().PutBefore(command);
        return ValueTask.FromResult(result);
    }

    public override ValueTask<InterceptionResult<object>> ScalarExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result,
        CancellationToken cancellationToken = default) => throw Unscoped();

    public override InterceptionResult<DbDataReader> ReaderExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<DbDataReader> result) => throw Unscoped();

    public override InterceptionResult<int> NonQueryExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result) => throw Unscoped();

    public override InterceptionResult<object> ScalarExecuting(
        DbCommand command, CommandEventData eventData, InterceptionResult<object> result) => throw Unscoped();

    /// <summary>What a fence refuses may lie elsewhere since a moment ago.</summary>
    public override Task CommandFailedAsync(
        DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        if (places is not null && TenantMovingException.Caused(eventData.Exception)) places.LookAgain();
        return Task.CompletedTask;
    }

    private RowScope Scope() => RowScope.Of(tenants) with { IsPlaced = places is not null };

    private static bool IsCounted(CommandEventData command) => command.CommandSource is CommandSource.SaveChanges;

    private static InvalidOperationException Unscoped() => new(
        "Ask the database asynchronously and for rows: other commands do not carry the tenant they work for.");
}
