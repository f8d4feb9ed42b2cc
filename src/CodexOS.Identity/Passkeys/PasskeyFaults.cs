using CodexOS.Platform.Faults;

namespace CodexOS.Identity.Passkeys;

/// <summary>What is said about passkeys.</summary>
internal static class PasskeyFaults
{
    /// <summary>Said of everything that does not open an account, so that nobody learns which passkeys there are.</summary>
    public static Fault Bad { get; } = new(
        "identity.bad_passkey",
        FaultKind.NotSignedIn,
        "This passkey opens nothing here, or the prompt was answered already or too late. Try again, or use another way.");

    /// <summary>Recorded, and never said to whoever tries.</summary>
    public static Fault CountedBack { get; } = new(
        "identity.passkey_counter",
        FaultKind.NotSignedIn,
        "The passkey showed a counter that it has shown before, as a copy of its device would.");

    /// <summary>Said of a device that made a passkey in another way than it was asked.</summary>
    public static Fault NotMade { get; } = new(
        "identity.passkey_not_made",
        FaultKind.Invalid,
        "The new passkey was not accepted: it was made on another page than this server's, without verifying you, or too "
        + "late. Begin again in this session.");

    public static Fault Taken { get; } = new(
        "identity.passkey_exists", FaultKind.Conflict, "This passkey is set up already. Use another device, or keep it.");

    public static Fault NotFound { get; } = new(
        "identity.passkey_not_found", FaultKind.NotFound, "You have no such passkey, or it was removed already.");

    public static Fault None { get; } = new(
        "identity.no_passkey", FaultKind.Conflict, "You have no passkey. Add one first, or give a code.");

    public static Fault Unavailable { get; } = new(
        "identity.passkeys_unavailable",
        FaultKind.Conflict,
        "Browsers offer passkeys only under a name and over https. Set Identity:PublicUrl to the address that people reach "
        + "this server under, for instance https://codexos.example.org, or http://localhost:7420 on one machine.");

    public static Fault Busy { get; } = new(
        "identity.passkeys_busy", FaultKind.Unavailable, "Too many sign-ins with passkeys are under way. Try again in a minute.")
    {
        RetryAfter = TimeSpan.FromMinutes(1),
    };

    /// <summary>What is said of what is recorded: a device that may be a copy is not told so.</summary>
    public static Fault AsSaid(Fault recorded) => recorded == CountedBack ? Bad : recorded;

    public static Fault TooMany(int most) => new(
        "identity.too_many_passkeys",
        FaultKind.LimitReached,
        $"You have {most} passkeys, which is the most (Identity:PasskeysPerUserMax). Remove one first.");
}
