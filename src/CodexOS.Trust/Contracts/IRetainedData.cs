namespace CodexOS.Trust.Contracts;

/// <summary>Something that a module keeps for a limited time, which each tenant may set within limits.</summary>
public interface IRetainedData
{
    /// <summary>What it is and how long it may be kept.</summary>
    RetentionRule Rule { get; }

    /// <summary>Whether the present tenant has any from before a time.</summary>
    Task<bool> HasOlderAsync(DateTimeOffset before, CancellationToken cancellationToken);

    /// <summary>Removes some of what the present tenant has from before a time; what is under a legal hold stays.</summary>
    /// <returns>How many were removed; as many as were asked for, if there may be more.</returns>
    Task<int> RemoveOlderAsync(DateTimeOffset before, int countMax, CancellationToken cancellationToken);
}

/// <summary>How long something may be kept.</summary>
/// <param name="Kind">Its word, lower case with underscores, for instance <c>sessions</c>.</param>
/// <param name="Summary">What is removed, in a sentence.</param>
/// <param name="Default">How long it is kept unless a tenant says otherwise; null is for good.</param>
/// <param name="Least">The shortest time that a tenant may set.</param>
public sealed record RetentionRule(string Kind, string Summary, TimeSpan? Default, TimeSpan Least);
