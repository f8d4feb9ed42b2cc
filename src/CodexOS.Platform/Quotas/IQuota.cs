namespace CodexOS.Platform.Quotas;

/// <summary>Something that a tenant may have so much of. Registered by the module that counts and refuses.</summary>
public interface IQuota
{
    /// <summary>Its name, lower case with underscores, for instance <c>active_runs</c>.</summary>
    string Name { get; }

    /// <summary>What is counted, in a sentence.</summary>
    string Summary { get; }

    /// <summary>What the options allow every tenant.</summary>
    long Default { get; }

    /// <summary>How much of it the present tenant has.</summary>
    ValueTask<long> UsedAsync(CancellationToken cancellationToken);
}

/// <summary>A quota of a tenant.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Summary">What is counted.</param>
/// <param name="Used">How much the tenant has.</param>
/// <param name="Limit">How much it may have.</param>
/// <param name="Default">How much it may have where the installation's owner said nothing.</param>
public sealed record QuotaState(string Name, string Summary, long Used, long Limit, long Default);
