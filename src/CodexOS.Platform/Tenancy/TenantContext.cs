using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Carries the tenant for whom the present code works, or the named work that has to look past one tenant; never both. It
/// flows with the asynchronous call. A tenant is entered by the HTTP pipeline, by the run loop, and by whoever has just found
/// out which one it is. Every query filters by it, and PostgreSQL is told of it with every statement. Outside of both,
/// queries see no rows.
/// </summary>
public sealed class TenantContext
{
    private readonly AsyncLocal<TenantId?> _ambient = new();
    private readonly AsyncLocal<SystemWork?> _work = new();

    /// <summary>The tenant of the present flow, or null outside of one.</summary>
    public TenantId? Current => _ambient.Value;

    /// <summary>The work of the present flow that looks past one tenant, or null.</summary>
    public SystemWork? Work => _work.Value;

    /// <summary>The tenant of the present flow.</summary>
    /// <exception cref="InvalidOperationException">The code runs outside a tenant, which is a bug.</exception>
    public TenantId Required =>
        _ambient.Value ?? throw new InvalidOperationException("This code needs a tenant and runs outside of one.");

    /// <summary>Enters a tenant until the returned scope is disposed; work that was entered before rests for so long.</summary>
    public IDisposable Enter(TenantId tenant)
    {
        var before = _ambient.Value;
        // Entering it anew would change nothing, and changing what flows is not free.
        if (before == tenant) return Inside.Instance;
        var work = _work.Value;
        _ambient.Value = tenant;
        if (work is not null) _work.Value = null;
        return new Scope(this, before, work);
    }

    /// <summary>
    /// Leaves the tenant and enters a named work until the returned scope is disposed. Queries that are to see more than
    /// nothing still have to leave the filter by tenant out, and the policies of their tables have to know the work.
    /// </summary>
    public IDisposable EnterWork(SystemWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        var before = _work.Value;
        if (before == work) return Inside.Instance;
        var tenant = _ambient.Value;
        _work.Value = work;
        if (tenant is not null) _ambient.Value = null;
        return new Scope(this, tenant, before);
    }

    private sealed class Inside : IDisposable
    {
        public static Inside Instance { get; } = new();

        public void Dispose()
        {
        }
    }

    private sealed class Scope(TenantContext context, TenantId? tenant, SystemWork? work) : IDisposable
    {
        public void Dispose()
        {
            if (context._ambient.Value != tenant) context._ambient.Value = tenant;
            if (context._work.Value != work) context._work.Value = work;
        }
    }
}
