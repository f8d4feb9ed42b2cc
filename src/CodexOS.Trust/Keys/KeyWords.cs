namespace CodexOS.Trust.Keys;

/// <summary>What keys are for.</summary>
internal static class KeyPurpose
{
    /// <summary>Wraps the tenant's other keys.</summary>
    public const string Tenant = "tenant";

    /// <summary>Seals what is confidential.</summary>
    public const string Data = "data";

    /// <summary>Makes indices of sealed texts; it has one version, since another would find nothing.</summary>
    public const string Index = "index";

    /// <summary>Seals what speaks of one person.</summary>
    public const string Subject = "subject";
}

/// <summary>How far a version of a key has come.</summary>
internal static class KeyStatus
{
    /// <summary>It seals and opens.</summary>
    public const string Active = "active";

    /// <summary>It opens, and is being replaced.</summary>
    public const string Retiring = "retiring";

    /// <summary>Nothing is sealed with it any more; it opens what an old backup brings back.</summary>
    public const string Retired = "retired";

    /// <summary>It is no more.</summary>
    public const string Destroyed = "destroyed";
}
