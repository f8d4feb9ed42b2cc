using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity.Storage;

/// <summary>A passkey of a person: the public half of a key that their device holds.</summary>
[Kept("until it is removed, or the person is erased")]
internal sealed class PasskeyRow
{
    [DataClass(DataClass.Internal)]
    public required PasskeyId PasskeyId { get; init; }

    [DataClass(DataClass.Internal)]
    public required UserId UserId { get; init; }

    /// <summary>How the device names the key.</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required byte[] CredentialId { get; init; }

    /// <summary>The key in the form of COSE (RFC 9052).</summary>
    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required byte[] PublicKey { get; init; }

    /// <summary>The highest counter that the device has shown; always 0 where it does not count.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required long SignatureCounter { get; set; }

    /// <summary>How the device can be reached, as it said itself, with spaces between.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required string Transports { get; init; }

    /// <summary>Whether the device may copy the key to others. That never changes.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required bool IsBackupEligible { get; init; }

    /// <summary>Whether it has.</summary>
    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required bool IsBackedUp { get; set; }

    [DataClass(DataClass.Confidential, Subject = nameof(UserId))]
    public required string Name { get; set; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal, Subject = nameof(UserId))]
    public DateTimeOffset? LastUsedAt { get; set; }
}

/// <summary>A prompt that was sent to a browser and waits for its answer.</summary>
[Kept("until it is answered or over")]
internal sealed class PasskeyChallengeRow
{
    [DataClass(DataClass.Restricted)]
    public required byte[] ChallengeHash { get; init; }

    [DataClass(DataClass.Internal)]
    public required PasskeyPurpose Purpose { get; init; }

    /// <summary>The session that asked; null where somebody wants to enter.</summary>
    [DataClass(DataClass.Internal)]
    public SessionId? SessionId { get; init; }

    /// <summary>What the device has to sign, and which user it is about; the form is the library's.</summary>
    [DataClass(DataClass.Internal)]
    public required string State { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset CreatedAt { get; init; }

    [DataClass(DataClass.Internal)]
    public required DateTimeOffset ExpiresAt { get; init; }
}

/// <summary>What a prompt is for. The answer to one is no answer to another.</summary>
internal enum PasskeyPurpose
{
    /// <summary>A new passkey.</summary>
    Add,

    /// <summary>Somebody who is signed in shows once more who they are.</summary>
    Confirm,

    /// <summary>Somebody signs in.</summary>
    Enter,
}
