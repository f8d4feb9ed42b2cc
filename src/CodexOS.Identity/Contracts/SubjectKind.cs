namespace CodexOS.Identity.Contracts;

/// <summary>Who holds permissions.</summary>
public enum SubjectKind
{
    /// <summary>A person.</summary>
    User,

    /// <summary>A program.</summary>
    ServiceAccount,
}
