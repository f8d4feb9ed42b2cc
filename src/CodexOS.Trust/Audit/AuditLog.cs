using System.Data.Common;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Records entries: (1) the entry is completed with tenant, actor and time; (2) facts about persons are replaced by
/// commitments and sealed; (3) everything is written by the transaction that does what the entry tells of. Its place in the
/// log it gets later, from <see cref="AuditSequencer"/>, so that no action waits for another one's commit.
/// </summary>
internal sealed partial class AuditLog(
    Database database, PersonalFacts facts, TenantContext tenants, IHttpContextAccessor requests, TimeProvider clock,
    ILogger<AuditLog> log) : IAuditLog
{
    private const string ActorName = "actor_name";

    private readonly string _insertEntry = $"""
        INSERT INTO {database.TableOf(TrustDb.SchemaName, TrustDb.PendingTable)} (
            tenant_id, entry_id, at, action, outcome, actor_kind, actor_id, resource_type, resource_id, details, commitments)
        VALUES (
            @tenant, @entry, @at, @action, @outcome, @kind, @actor, @type, @resource, @details, @commitments);
        """;

    private readonly string _personalTable = database.TableOf(TrustDb.SchemaName, TrustDb.PersonalTable);

    /// <inheritdoc />
    public async Task RecordAsync(AuditEntry entry, DbTransaction transaction, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        ArgumentNullException.ThrowIfNull(transaction);
        entry = WithClient(entry);
        AuditText.Check(entry);
        var connection = transaction.Connection
            ?? throw new InvalidOperationException("The transaction is over; record the entry before it is committed.");
        try
        {
            await using var command = connection.CreateCommand();
            command.Transaction = transaction;
            // The log may be another tenant's than the one that the code works for, or nobody's.
            using var entered = tenants.Enter(entry.Tenant ?? tenants.Current ?? AuditLogs.Installation);
            await FillAsync(command, entry, tenants.Required, transaction, cancellationToken);
            await command.ExecuteNonQueryAsync(tenants, cancellationToken);
        }
        catch (Exception error) when (error is DbException or DbUpdateException)
        {
            throw Unavailable(entry, error);
        }
    }

    /// <inheritdoc />
    public async Task RecordAsync(AuditEntry entry, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(entry);
        try
        {
            await using var connection = await database.OpenAsync(cancellationToken);
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await RecordAsync(entry, transaction, cancellationToken);
            await transaction.CommitAsync(cancellationToken);
        }
        catch (DbException error)
        {
            throw Unavailable(entry, error);
        }
    }

    /// <summary>What the caller did through an OAuth client says through which.</summary>
    private AuditEntry WithClient(AuditEntry entry) =>
        entry.Actor is null && requests.HttpContext is { } request && Caller.Of(request)?.ClientId is { } client
            ? entry.With("oauth_client", client)
            : entry;

    /// <summary>Writes the statement.</summary>
    private async Task FillAsync(
        DbCommand command, AuditEntry entry, TenantId tenant, DbTransaction transaction, CancellationToken cancellationToken)
    {
        // 1. Complete
        var (actor, name) = entry.Actor is { } given ? (given, null) : PresentActor();
        var id = AuditEntryId.New(clock);
        var at = DateTimeOffset.FromUnixTimeMilliseconds(clock.GetUtcNow().ToUnixTimeMilliseconds());

        // 2. Commit to what can be erased
        var subject = actor.Kind is AuditActorKind.Anonymous ? PersonalFacts.Nobody : entry.Subject ?? actor.Id;
        var told = AuditText.Values(entry.Personal).Select(fact => (Name: fact.Key, fact.Value, Subject: subject)).ToList();
        if (name is not null) told.Add((ActorName, AuditText.Value(name), actor.Id));
        var commitments = new List<KeyValuePair<string, string>>();
        var rows = new List<AuditPersonalRow>();
        foreach (var fact in told)
        {
            var (salt, commitment) = AuditLeaf.Commit(fact.Value);
            commitments.Add(KeyValuePair.Create(fact.Name, commitment));
            rows.Add(await facts.SealAsync(
                transaction, tenant, id, AuditText.Id(fact.Subject), new PersonalFact(fact.Name, salt, fact.Value),
                cancellationToken));
        }

        // 3. Write
        Add(command, "@tenant", Stored(tenant.Value));
        Add(command, "@entry", Stored(id.Value));
        Add(command, "@at", database.Dialect is SqlDialect.Sqlite ? at.ToUnixTimeMilliseconds() : at);
        Add(command, "@action", entry.Action);
        Add(command, "@outcome", AuditWords.Of(entry.Outcome));
        Add(command, "@kind", AuditWords.Of(actor.Kind));
        Add(command, "@actor", AuditText.Id(actor.Id));
        AddText(command, "@type", entry.Resource?.Type);
        AddText(command, "@resource", entry.Resource is { } resource ? AuditText.Id(resource.Id) : null);
        Add(command, "@details", CanonicalJson.Object(AuditText.Values(entry.Details)));
        Add(command, "@commitments", CanonicalJson.Object(commitments));
        command.CommandText = _insertEntry;
        for (var i = 0; i < rows.Count; i++)
        {
            command.CommandText += $"""
                INSERT INTO {_personalTable} (tenant_id, entry_id, field, subject, fact)
                VALUES (@tenant, @entry, @field{i}, @subject{i}, @fact{i});
                """;
            Add(command, $"@field{i}", rows[i].Field);
            Add(command, $"@subject{i}", rows[i].Subject);
            Add(command, $"@fact{i}", rows[i].Fact.ToArray());
        }
    }

    /// <summary>Whoever makes the present request, with the name that people know them by; outside of one, the system.</summary>
    private (AuditActor Actor, string? Name) PresentActor()
    {
        if (requests.HttpContext is not { } request) return (AuditActor.System, null);
        var caller = Caller.Of(request);
        // A module that knows callers other than persons puts the actor on the request.
        if (request.Features.Get<AuditActor>() is { } actor) return (actor, caller?.Name);
        return caller is null ? (AuditActor.Anonymous, null) : (AuditActor.Of(caller), caller.Name);
    }

    private AuditUnavailableException Unavailable(AuditEntry entry, Exception error)
    {
        TrustTelemetry.CountRefusedEntry();
        LogUnavailable(error, entry.Action);
        return new AuditUnavailableException(error);
    }

    private object Stored(Guid id) => database.Dialect is SqlDialect.Sqlite ? id.ToByteArray(bigEndian: true) : id;

    private static void AddText(DbCommand command, string name, string? value)
    {
        Add(command, name, (object?)value ?? DBNull.Value);
        // PostgreSQL has to know the type of what is not there.
        command.Parameters[name].DbType = System.Data.DbType.String;
    }

    private static void Add(DbCommand command, string name, object value)
    {
        var parameter = command.CreateParameter();
        parameter.ParameterName = name;
        parameter.Value = value;
        command.Parameters.Add(parameter);
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "{Action} is refused, because the audit log cannot be written.")]
    private partial void LogUnavailable(Exception error, string action);
}
