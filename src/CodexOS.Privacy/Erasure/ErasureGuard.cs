using CodexOS.Platform.Faults;
using CodexOS.Trust.Contracts;

namespace CodexOS.Privacy.Erasure;

/// <summary>Knows what keeps a person from being erased.</summary>
internal sealed class ErasureGuard(IEnumerable<ISubjectData> sources, ILegalHolds holds)
{
    /// <summary>The modules that know of persons.</summary>
    public IReadOnlyList<string> Parts { get; } = [.. sources.Select(static source => source.Name)];

    /// <summary>Why a person cannot be erased at present, or null.</summary>
    public async Task<Fault?> RefusalAsync(DataSubject subject, ErasureWish wish, CancellationToken cancellationToken)
    {
        if (await HoldAsync(subject, cancellationToken) is { } held) return held;
        foreach (var source in sources)
            if (await source.RefusalAsync(subject, wish, cancellationToken) is { } refused) return refused;
        return null;
    }

    /// <summary>The legal hold that a person is under, or null.</summary>
    public async Task<Fault?> HoldAsync(DataSubject subject, CancellationToken cancellationToken) =>
        (await holds.ReadAsync(cancellationToken)).Refusal(subject.Id);
}
