namespace CodexOS.Identity.Contracts;

/// <summary>Whether a member or a service account may act in the tenant at present.</summary>
public enum MemberState
{
    /// <summary>It may.</summary>
    Active,

    /// <summary>It may not, and keeps its place.</summary>
    Disabled,
}
