using CodexOS.Platform.Ids;

namespace CodexOS.Platform.Tenancy;

/// <summary>
/// Carries the tenant for whom the present code works. It flows with the asynchronous call, is entered in exactly two
/// places (the HTTP pipeline and the run loop), and every query filters by it. Outside a tenant, queries see no rows.
/// </summary>
public sealed class TenantContext
{
    private readonly AsyncLocal<TenantId?> _ambient = new();

    /// <summary>The tenant of the present flow, or null outside of one.</summary>
    public TenantId? Current => _ambient.Value;

    /// <summary>The tenant of the present flow.</summary>
    /// <exception cref="InvalidOperationException">The code runs outside a tenant, which is a bug.</exception>
    public TenantId Required =>
        _ambient.Value ?? throw new InvalidOperationException("This code needs a tenant and runs outside of one.");

    /// <summary>Enters a tenant until the returned scope is disposed.</summary>
    public IDisposable Enter(TenantId tenant)
    {
        var before = _ambient.Value;
        // Entering it anew would change nothing, and changing what flows is not free.
        if (before == tenant) return Inside.Instance;
        _ambient.Value = tenant;
        return new Scope(_ambient, before);
    }

    private sealed class Inside : IDisposable
    {
        public static Inside Instance { get; } = new();

        public void Dispose()
        {
        }
    }

    private sealed class Scope(AsyncLocal<TenantId?> ambient, TenantId? before) : IDisposable
    {
        public void Dispose() => ambient.Value = before;
    }
}
