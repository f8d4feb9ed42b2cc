using System.Collections.Concurrent;
using System.Data;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Lends contexts and takes them back when they are disposed of. Making one, and on SQLite opening its connection, costs
/// several times what a short query costs; a lent one is forgotten of everything but its connection.
/// </summary>
internal sealed class ContextPool<TContext>(
    IServiceProvider services, DbContextOptions<TContext> options, Database database)
    : IDbContextFactory<TContext>, IDisposable
    where TContext : ModuleDbContext
{
    private const int IdleMax = 16;

    private static readonly ObjectFactory<TContext> s_make =
        ActivatorUtilities.CreateFactory<TContext>([typeof(DbContextOptions<TContext>)]);

    private readonly ConcurrentQueue<TContext> _idle = new();
    private int _idleCount;
    private volatile bool _closed;

    public TContext CreateDbContext()
    {
        if (_idle.TryDequeue(out var context)) Interlocked.Decrement(ref _idleCount);
        else context = s_make(services, [options]);
        context.Lend(TakeBack);
        return context;
    }

    public async Task<TContext> CreateDbContextAsync(CancellationToken cancellationToken = default)
    {
        var context = CreateDbContext();
        if (database.Dialect is SqlDialect.Postgres || context.Database.GetDbConnection().State is ConnectionState.Open)
            return context;
        try
        {
            // Opened by hand, the connection stays open for as long as the context is there.
            await context.Database.OpenConnectionAsync(cancellationToken);
            return context;
        }
        catch
        {
            await context.DisposeAsync();
            throw;
        }
    }

    /// <summary>Disposes of those that are idle; those that are lent are disposed of by whoever has them.</summary>
    public void Dispose()
    {
        _closed = true;
        while (_idle.TryDequeue(out var context)) context.Dispose();
    }

    private bool TakeBack(ModuleDbContext context)
    {
        if (_closed || Interlocked.Increment(ref _idleCount) > IdleMax)
        {
            if (!_closed) Interlocked.Decrement(ref _idleCount);
            return false;
        }

        _idle.Enqueue((TContext)context);
        // If the pool was closed in between, nobody else will look into it.
        if (_closed) Dispose();
        return true;
    }
}
