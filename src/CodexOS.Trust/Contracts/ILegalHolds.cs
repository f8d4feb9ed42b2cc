using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;

namespace CodexOS.Trust.Contracts;

/// <summary>What must not be erased or removed in the present tenant until somebody lifts the hold.</summary>
public interface ILegalHolds
{
    /// <summary>The holds that are in force.</summary>
    Task<LegalHolds> ReadAsync(CancellationToken cancellationToken);
}

/// <summary>The holds of a tenant that are in force.</summary>
/// <param name="Tenant">A hold on the whole tenant, or null.</param>
/// <param name="Subjects">Persons under a hold, with it.</param>
/// <param name="Runs">Runs under a hold, by printed id, with it.</param>
public sealed record LegalHolds(
    LegalHoldId? Tenant, IReadOnlyDictionary<UserId, LegalHoldId> Subjects, IReadOnlyDictionary<string, LegalHoldId> Runs)
{
    /// <summary>Why a person cannot be erased, or null.</summary>
    public Fault? Refusal(UserId subject) =>
        Tenant is { } whole ? Held(whole) : Subjects.TryGetValue(subject, out var hold) ? Held(hold) : null;

    /// <summary>What is said of something that is under a hold.</summary>
    public static Fault Held(LegalHoldId hold) => new Fault(
        "privacy.on_hold",
        FaultKind.Conflict,
        $"This is under the legal hold {hold}, so it must not be erased. Lift the hold first, if you may.")
        .With("hold", hold.ToString());
}
