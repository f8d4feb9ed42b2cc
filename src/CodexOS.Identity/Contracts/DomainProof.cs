namespace CodexOS.Identity.Contracts;

/// <summary>How a domain was shown to be a tenant's.</summary>
public enum DomainProof
{
    /// <summary>Its TXT record holds what it was asked to hold.</summary>
    Dns,

    /// <summary>The owner of the installation said so.</summary>
    Installation,
}
