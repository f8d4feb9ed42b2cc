using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Storage;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Secrets;

/// <summary>Keeps the secrets of the present tenant: sealed, told to nobody unless it is recorded.</summary>
internal sealed partial class SecretStore(
    IDbContextFactory<TrustDb> contexts, IVault vault, IAuditLog audit, OptionSecrets configured, TenantContext tenants,
    IOptions<VaultOptions> options, TimeProvider clock)
{
    /// <summary>Sets a secret, in the place of one that was there. It counts from the next request of any run.</summary>
    public async Task<Result<SecretSummary>> SetAsync(
        string name, SetSecretRequest wish, Caller caller, CancellationToken cancellationToken)
    {
        if (!Name().IsMatch(name)) return SecretFaults.BadName;
        if (WhatIsWrong(wish) is { } wrong) return SecretFaults.Bad(wrong);
        if (configured.IsFor(name, tenants.Required)) return SecretFaults.NameTaken(name);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var row = await db.Secrets.SingleOrDefaultAsync(row => row.Name == name, cancellationToken);
        var (now, by, isNew) = (Now(), caller.User.ToString(), row is null);
        if (row is null)
        {
            if (await db.Secrets.CountAsync(cancellationToken) >= options.Value.SecretsMax)
                return SecretFaults.TooMany(options.Value.SecretsMax);
            row = new SecretRow
            {
                TenantId = tenants.Required,
                Name = name,
                Hosts = "",
                Header = "",
                Prefix = "",
                AllowPlainHttp = false,
                Revision = 0,
                CreatedAt = now,
                CreatedBy = by,
                ChangedAt = now,
                ChangedBy = by,
            };
            db.Secrets.Add(row);
        }

        row.Value = await vault.SealAsync(db, row, it => it.Value, wish.Value!, cancellationToken);
        row.Hosts = JsonSerializer.Serialize(wish.Hosts ?? [], Json.Options);
        row.Header = wish.Header ?? "Authorization";
        row.Prefix = wish.Prefix ?? "Bearer ";
        row.AllowPlainHttp = wish.AllowPlainHttp;
        row.Revision++;
        (row.ChangedAt, row.ChangedBy) = (now, by);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        try
        {
            await db.SaveChangesAsync(cancellationToken);
        }
        catch (DbUpdateException error) when (Conflicts.Caused(error))
        {
            return SecretFaults.Changed;
        }

        await audit.RecordAsync(
            AuditEntry.Done(isNew ? "secrets.create" : "secrets.update").On("secret", name)
                .With("revision", $"{row.Revision}").With("hosts", row.Hosts),
            db,
            cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return SummaryOf(row);
    }

    /// <summary>Secrets by name, after a name.</summary>
    public async Task<List<SecretSummary>> ListAsync(string? after, int countMax, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Secrets.AsNoTracking();
        if (after is not null) rows = rows.Where(row => string.Compare(row.Name, after) > 0);
        return (await rows.OrderBy(static row => row.Name).Take(countMax).ToListAsync(cancellationToken)).ConvertAll(SummaryOf);
    }

    /// <summary>Removes a secret; no request is given it from then on.</summary>
    public async Task<Result<Done>> RemoveAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        if (await db.Secrets.Where(row => row.Name == name).ExecuteDeleteAsync(cancellationToken) == 0)
            return SecretFaults.NotFound(name);
        await audit.RecordAsync(AuditEntry.Done("secrets.remove").On("secret", name), db, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return Done.Value;
    }

    /// <summary>Shows a secret to a person, once that is recorded.</summary>
    public async Task<Result<RevealedSecret>> RevealAsync(string name, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Secrets.AsNoTracking().SingleOrDefaultAsync(row => row.Name == name, cancellationToken) is not { } row)
            return SecretFaults.NotFound(name);
        var opened = await vault.OpenAsync(db, row, it => it.Value, cancellationToken);
        var isOpen = opened.TryGet(out var value, out var fault);
        var entry = isOpen ? AuditEntry.Done("secrets.reveal") : AuditEntry.Failed("secrets.reveal", fault!.Code);
        await audit.RecordAsync(entry.On("secret", name).With("revision", $"{row.Revision}"), cancellationToken);
        return isOpen ? new RevealedSecret(name, value!) : fault!;
    }

    private string? WhatIsWrong(SetSecretRequest wish)
    {
        if (Encoding.UTF8.GetByteCount(wish.Value!) > options.Value.SecretBytesMax)
            return $"The secret is longer than {options.Value.SecretBytesMax} bytes.";
        foreach (var host in wish.Hosts ?? [])
        {
            if (host is null || !EgressRule.Parse(host).IsOk) return $"'{host}' is neither a host nor *.host.";
        }

        if (wish.Header is { } header && !SecretRule.IsHeader(header)) return "header must be the name of a header other than Host.";
        return wish.Prefix?.Any(char.IsControl) is true ? "prefix must be plain text." : null;
    }

    internal static SecretRule RuleOf(SecretRow row) => new(
        JsonSerializer.Deserialize<IReadOnlyList<string>>(row.Hosts, Json.Options) ?? [],
        row.Header,
        row.Prefix,
        row.AllowPlainHttp);

    private static SecretSummary SummaryOf(SecretRow row) => new(
        row.Name, RuleOf(row).Hosts, row.Header, row.Prefix, row.AllowPlainHttp, row.Revision, row.CreatedAt, row.CreatedBy,
        row.ChangedAt, row.ChangedBy);

    /// <summary>Milliseconds are what SQLite keeps, and what is kept is what is answered.</summary>
    private DateTimeOffset Now() => DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

    [GeneratedRegex(EgressOptions.SecretNamePattern, RegexOptions.CultureInvariant, 1_000)]
    private static partial Regex Name();
}
