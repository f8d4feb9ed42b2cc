using CodexOS.Platform.Faults;

namespace CodexOS.Identity.SecondFactor;

/// <summary>What is said about second factors.</summary>
internal static class SecondFactorFaults
{
    /// <summary>Said to members who may do nothing because their tenant asks for a second factor.</summary>
    public static Fault Needed { get; } = new(
        "identity.second_factor_needed",
        FaultKind.NotAllowed,
        "Your tenant asks for a second factor. Set one up (Settings, or codexos second-factor set-up), or sign in again with "
        + "the one you have.");

    public static Fault BadCode { get; } = new(
        "identity.bad_code",
        FaultKind.NotSignedIn,
        "The code is wrong or was used already. Wait for the next one, or use a recovery code.");

    public static Fault BadChallenge { get; } = new(
        "identity.bad_challenge",
        FaultKind.NotSignedIn,
        "This sign-in was finished already or took too long. Begin again with your password.");

    public static Fault None { get; } = new(
        "identity.no_second_factor", FaultKind.Conflict, "You have no second factor. Set one up first.");

    public static Fault NotBegun { get; } = new(
        "identity.second_factor_not_begun",
        FaultKind.Conflict,
        "There is nothing to confirm. Begin to set up a second factor first.");

    public static Fault Exists { get; } = new(
        "identity.second_factor_exists",
        FaultKind.Conflict,
        "You have a second factor already. Remove it before you set up another.");

    public static Fault StepUpNeeded { get; } = new(
        "identity.step_up_needed",
        FaultKind.NotAllowed,
        "This asks for your second factor once more. Give a code or a passkey to POST /api/v1/auth/step-up, then try again.");

    public static Fault OwnFirst { get; } = new(
        "identity.second_factor_first",
        FaultKind.Conflict,
        "Sign in with a second factor yourself before you ask it of everybody, or you lock yourself out.");

    public static Fault Locked(TimeSpan wait) => new(
        "identity.second_factor_locked",
        FaultKind.Throttled,
        $"Too many codes were wrong. Try again in {(int)Math.Ceiling(wait.TotalMinutes)} minutes, or use a recovery code.")
    {
        RetryAfter = wait,
    };
}
