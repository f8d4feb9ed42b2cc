using System.Runtime.CompilerServices;
using CodexOS.Agents.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;
using Microsoft.EntityFrameworkCore;

namespace CodexOS.Agents.Privacy;

/// <summary>What somebody wrote for the tenant: versions of agents and of the policy. It names them by their id only.</summary>
internal sealed class AgentsSubjectData(IDbContextFactory<AgentsDb> contexts) : ISubjectData
{
    /// <inheritdoc />
    public string Name => "agents";

    /// <inheritdoc />
    public IReadOnlyList<SubjectDocument> Documents =>
    [
        SubjectDocument.Of<SubjectAgentVersion>("agent-versions", "The versions of agents that the person applied.", ReadVersionsAsync),
        SubjectDocument.Of<SubjectPolicyVersion>("policy-versions", "The versions of the policy that the person applied.", ReadPoliciesAsync),
    ];

    /// <inheritdoc />
    public Task<Result<SubjectErasure>> EraseAsync(
        DataSubject subject, ErasureWish wish, CancellationToken cancellationToken) => Task.FromResult<Result<SubjectErasure>>(
        SubjectErasure.Keeps("agent_versions", "Versions of agents and policies are the tenant's and never change. They name the person by their id only."));

    private async IAsyncEnumerable<SubjectAgentVersion> ReadVersionsAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows =
            from version in db.Versions.AsNoTracking()
            join agent in db.Agents on version.AgentId equals agent.Id
            where version.CreatedBy == id
            orderby version.CreatedAt, version.Version
            select new SubjectAgentVersion(agent.Name, version.Version, version.Definition, version.CreatedAt);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken)) yield return row;
    }

    private async IAsyncEnumerable<SubjectPolicyVersion> ReadPoliciesAsync(
        DataSubject subject, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var id = subject.Id.ToString();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = db.Policies.AsNoTracking().Where(row => row.CreatedBy == id).OrderBy(row => row.Version);
        await foreach (var row in rows.AsAsyncEnumerable().WithCancellation(cancellationToken))
            yield return new SubjectPolicyVersion(row.Version, row.Text, row.CreatedAt);
    }
}

/// <summary>A version of an agent in the export of the person who applied it.</summary>
/// <param name="Agent">The agent.</param>
/// <param name="Version">The version.</param>
/// <param name="Definition">What the person wrote.</param>
/// <param name="CreatedAt">When.</param>
public sealed record SubjectAgentVersion(string Agent, int Version, string Definition, DateTimeOffset CreatedAt);

/// <summary>A version of the policy in the export of the person who applied it.</summary>
/// <param name="Version">The version.</param>
/// <param name="Text">What the person wrote.</param>
/// <param name="CreatedAt">When.</param>
public sealed record SubjectPolicyVersion(int Version, string Text, DateTimeOffset CreatedAt);
