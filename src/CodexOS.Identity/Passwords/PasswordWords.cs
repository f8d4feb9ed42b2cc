using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.Passwords;

/// <summary>
/// The words that whoever guesses passwords of this installation would try first: the product's name, the operator's own
/// words, and the name of the tenant. The list is documented in <c>docs/operate/access.md</c>.
/// </summary>
internal sealed class PasswordWords(
    IDbContextFactory<IdentityDbContext> databases, TenantContext tenants, IOptions<IdentityOptions> options)
{
    private const string Product = "CodexOS";

    /// <summary>Those for a person of a tenant; for somebody whose tenant is not there yet, those of the installation.</summary>
    public async Task<IReadOnlyList<string>> OfAsync(TenantId? tenant, CancellationToken cancellationToken)
    {
        List<string> words = [Product, .. options.Value.PasswordWords];
        if (tenant is not { } known) return words;
        using var entered = tenants.Enter(known);
        await using var db = await databases.CreateDbContextAsync(cancellationToken);
        var name = await db.Tenants.Where(row => row.TenantId == known).Select(static row => row.Name)
            .SingleOrDefaultAsync(cancellationToken);
        if (name is not null) words.AddRange(name.Split(' ', StringSplitOptions.RemoveEmptyEntries).Prepend(name));
        return words;
    }
}
