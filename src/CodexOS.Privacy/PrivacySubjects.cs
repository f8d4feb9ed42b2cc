using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy;

/// <summary>Finds the persons that the present tenant knows: its members, and those who once were.</summary>
internal sealed class PrivacySubjects(IEnumerable<ISubjectDirectory> directories, IVault vault, TenantContext tenants)
{
    /// <summary>The person, if the tenant knows them.</summary>
    public async Task<Result<DataSubject>> FindAsync(UserId id, CancellationToken cancellationToken)
    {
        if (await MemberAsync(id, cancellationToken) is { } member) return member;
        // Whoever did something here once has a key here, until they are erased.
        return await vault.KnowsAsync(tenants.Required, id, cancellationToken)
            ? new DataSubject(id, null, null)
            : PrivacyFaults.SubjectNotFound;
    }

    /// <summary>The person as far as the tenant still knows them.</summary>
    public async Task<DataSubject> ReadAsync(UserId id, CancellationToken cancellationToken) =>
        await MemberAsync(id, cancellationToken) ?? new DataSubject(id, null, null);

    private async Task<DataSubject?> MemberAsync(UserId id, CancellationToken cancellationToken)
    {
        foreach (var directory in directories)
            if (await directory.FindAsync(id, cancellationToken) is { } found) return found;
        return null;
    }
}

/// <summary>Starts the module's runs.</summary>
internal static class PrivacyRuns
{
    private const int StepsMax = 1_000;

    /// <summary>What starts a run about a person.</summary>
    public static RunStart Start<TInput>(
        string kind, Caller caller, UserId subject, string title, TInput input, TimeSpan timeMax, string? idempotencyKey) => new(
        caller.Tenant, caller.User, kind, "person", 1, title,
        JsonSerializer.SerializeToElement(input, Json.Options),
        JsonSerializer.SerializeToElement(new SubjectGrant(subject), Json.Options),
        new RunLimits(StepsMax, timeMax, TokensMax: 1, CostMaxMicroUsd: 0),
        RunLabels.None, idempotencyKey);

    /// <summary>Whether a call is about the person that its run was started for.</summary>
    public static bool IsGranted(EffectCall call, UserId subject) => Json.TryRead<SubjectGrant>(call.Grant)?.Person == subject;
}

/// <summary>What a run of the module may touch: the data of one person.</summary>
/// <param name="Person">The person.</param>
internal sealed record SubjectGrant(UserId Person);
