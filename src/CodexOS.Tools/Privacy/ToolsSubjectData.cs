using System.Runtime.CompilerServices;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;
using CodexOS.Tools.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Tools.Privacy;

/// <summary>What somebody set up for agents: connections, and approvals in advance. It names them by their id only.</summary>
internal sealed class ToolsSubjectData(IDbContextFactory<ToolsDb> contexts) : ISubjectData
{
    /// <inheritdoc />
    public string Name => "tools";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectConnection>("connections", "The sources of tools that the person set up.", ReadConnectionsAsync),
        SubjectDocument.Of<SubjectStandingApproval>(
            "standing-approvals", "The approvals that the person gave in advance.", ReadApprovalsAsync),
    ];

    /// <inheritdoc />
    public Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken) => Task.FromResult<Result<SubjectErasure>>(
        SubjectErasure.Keeps("connections", "Connections and approvals in advance are the tenant's. They name the person by their id only."));

    private async IAsyncEnumerable<SubjectConnection> ReadConnectionsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Connections.AsNoTracking().Where(row => row.CreatedBy == id).OrderBy(row => row.Name);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new SubjectConnection(row.Name, row.Kind, row.CreatedAt);
    }

    private async IAsyncEnumerable<SubjectStandingApproval> ReadApprovalsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.StandingApprovals.AsNoTracking().Where(row => row.CreatedBy == id).OrderBy(row => row.Id);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            yield return new SubjectStandingApproval(
                row.Id, row.Subject, row.Tool, row.Arguments, row.UsesMax, row.Uses, row.Note, row.CreatedAt, row.ExpiresAt,
                row.RevokedAt);
        }
    }
}

/// <summary>A connection in the export of the person who set it up.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="Kind">What kind of source it is.</param>
/// <param name="CreatedAt">When it was set up.</param>
public sealed record SubjectConnection(string Name, string Kind, DateTimeOffset CreatedAt);

/// <summary>An approval in advance in the export of the person who gave it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Subject">For which agent.</param>
/// <param name="Tool">For which tool.</param>
/// <param name="Arguments">For which arguments.</param>
/// <param name="UsesMax">How often it may be used.</param>
/// <param name="Uses">How often it was used.</param>
/// <param name="Note">What the person wrote with it.</param>
/// <param name="CreatedAt">When it was given.</param>
/// <param name="ExpiresAt">When it is over.</param>
/// <param name="RevokedAt">When it was taken back.</param>
public sealed record SubjectStandingApproval(
    StandingApprovalId Id, string Subject, string Tool, string Arguments, int UsesMax, int Uses, string Note,
    DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt, DateTimeOffset? RevokedAt);
