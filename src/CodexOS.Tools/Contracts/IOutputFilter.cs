using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Contracts;

/// <summary>Looks at what is about to reach people: a run's answer.</summary>
public interface IOutputFilter
{
    /// <summary>
    /// The text as it may be shown: control sequences of terminals, images that would be fetched, and links that hide where
    /// they lead are taken out; a link to a host on the policy's list stays. A text with a secret or a canary is the fault
    /// <c>tools.secret_blocked</c> or <c>tools.canary_blocked</c>.
    /// </summary>
    Result<string> Release(string text, Policy policy);
}
