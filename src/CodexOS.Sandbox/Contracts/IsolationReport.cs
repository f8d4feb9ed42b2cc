using System.Collections.Immutable;

namespace CodexOS.Sandbox.Contracts;

/// <summary>How well programs are kept apart from the host and from each other; a higher level includes the lower ones.</summary>
public enum IsolationLevel
{
    /// <summary>Not at all: nothing is executed.</summary>
    None,

    /// <summary>
    /// Own namespaces, no network, no privileges, and limits per process; but the programs of all tenants run as the
    /// server's user, or memory and processor time of a sandbox as a whole are not limited.
    /// </summary>
    Reduced,

    /// <summary>As reduced, and each workspace has a user of its own, and control groups limit the sandbox as a whole.</summary>
    Full,
}

/// <summary>What builds the walls of sandboxes.</summary>
public enum SandboxDriver
{
    /// <summary>Bubblewrap.</summary>
    Bubblewrap,

    /// <summary>The container runtime crun.</summary>
    Container,
}

/// <summary>What isolation this machine gives, and why not more.</summary>
/// <param name="Available">Whether programs can be executed at all.</param>
/// <param name="Level">How well.</param>
/// <param name="Reason">One sentence: what is missing and how to get it, or that nothing is.</param>
/// <param name="Guards">Each guard and whether it stands.</param>
public sealed record IsolationReport(
    bool Available, IsolationLevel Level, string Reason, ImmutableArray<IsolationGuard> Guards);

/// <summary>One guard.</summary>
/// <param name="Name">A stable short name.</param>
/// <param name="Stands">Whether it works on this machine.</param>
/// <param name="Note">What it does, or why it does not stand.</param>
public sealed record IsolationGuard(string Name, bool Stands, string Note);
