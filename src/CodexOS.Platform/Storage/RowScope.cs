using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using Npgsql;

namespace CodexOS.Platform.Storage;

/// <summary>
/// Whose rows a statement may touch, as the policies of PostgreSQL read it: the settings <c>codexos.tenants</c> and
/// <c>codexos.work</c>, set for one transaction. Both are set every time, so nothing is left over from the statement before.
/// </summary>
/// <param name="Tenants">The tenants' ids, separated by commas; empty for none.</param>
/// <param name="Work">The name of a <see cref="SystemWork"/>; empty for none.</param>
public readonly record struct RowScope(string Tenants, string Work)
{
    private const string Say = "SELECT set_config('codexos.tenants', $1, true), set_config('codexos.work', $2, true)";

    private const string SayNamed =
        "SELECT set_config('codexos.tenants', @codexos_tenants, true), set_config('codexos.work', @codexos_work, true)";

    // The settings are there when this is evaluated, which is from left to right.
    private const string AndAsk = ", platform.is_open()";

    /// <summary>
    /// Whether the database is asked if the tenants lie in it, for what lies in the place of its tenant. The policies ask as
    /// well, but only where there is a row: a statement that finds none would not be refused, and who believes it would go on.
    /// </summary>
    public bool IsPlaced { get; init; }

    /// <summary>The statement that sets it, with two positional parameters.</summary>
    internal string Positional => IsPlaced ? Say + AndAsk : Say;

    /// <summary>The rows of one tenant.</summary>
    public static RowScope Of(TenantId tenant) => new(tenant.Value.ToString("D"), "");

    /// <summary>The rows of several tenants, for what is written for all of them at once.</summary>
    public static RowScope Of(IEnumerable<TenantId> tenants) =>
        new(string.Join(',', tenants.Select(tenant => tenant.Value.ToString("D"))), "");

    /// <summary>What the policies let a named work see.</summary>
    public static RowScope Of(SystemWork work)
    {
        ArgumentNullException.ThrowIfNull(work);
        return new RowScope("", work.Name);
    }

    /// <summary>What the present flow may see: nothing, outside of a tenant and of a named work.</summary>
    public static RowScope Of(TenantContext tenants)
    {
        ArgumentNullException.ThrowIfNull(tenants);
        return tenants.Current is { } tenant ? Of(tenant) : new RowScope("", tenants.Work?.Name ?? "");
    }

    /// <summary>
    /// Sets it in a message of its own, which holds until the end of the transaction. For statements that nothing may be put
    /// in front of.
    /// </summary>
    /// <exception cref="InvalidOperationException">There is no transaction that it could hold for.</exception>
    internal async Task SayAsync(DbCommand before, CancellationToken cancellationToken)
    {
        if (before.Transaction is null)
            throw new InvalidOperationException("Rows are written in a transaction, so that it is known whose they are.");
        await using var command = new NpgsqlCommand(Positional, (NpgsqlConnection)before.Connection!);
        command.Parameters.Add(new() { Value = Tenants });
        command.Parameters.Add(new() { Value = Work });
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <summary>
    /// Puts it in front of a command with named parameters; both go in one message. The command's own results come second.
    /// </summary>
    internal void PutBefore(DbCommand command)
    {
        command.CommandText = $"{SayNamed}{(IsPlaced ? AndAsk : "")};\n{command.CommandText}";
        command.Parameters.Add(new NpgsqlParameter("codexos_tenants", Tenants));
        command.Parameters.Add(new NpgsqlParameter("codexos_work", Work));
    }
}
