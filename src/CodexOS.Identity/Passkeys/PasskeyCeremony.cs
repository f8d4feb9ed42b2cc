using System.Collections.Frozen;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Identity;

namespace CodexOS.Identity.Passkeys;

/// <summary>What a browser is asked, and what is needed to check its answer.</summary>
/// <param name="Options">For the browser: the JSON that <c>navigator.credentials</c> takes.</param>
/// <param name="State">For this server only.</param>
internal sealed record PasskeyQuestion(JsonElement Options, string State);

/// <summary>What an answer showed, or why it did not count.</summary>
internal sealed record PasskeyAnswered(UserPasskeyInfo? Passkey, string? Reason);

/// <summary>
/// The two ceremonies of WebAuthn (https://www.w3.org/TR/webauthn-3/), which ASP.NET Core checks step by step: origin, relying
/// party, type, challenge, presence, verification, backup flags and signature. The user is verified by the device each time,
/// which makes a passkey two factors. Who made a device is not asked, so an attestation says nothing and is not looked at.
/// The library gets an empty request, so that no header takes part in what is decided.
/// </summary>
internal sealed class PasskeyCeremony(RelyingParty party, string shownName, TimeSpan lifetime)
{
    private const string Required = "required";

    // ES256, 384 and 512, PS256, 384 and 512, RS256, 384 and 512 (https://www.iana.org/assignments/cose); nothing with SHA-1.
    private static readonly FrozenSet<int> s_algorithms = [-7, -35, -36, -37, -38, -39, -257, -258, -259];

    /// <summary>Asks for a new passkey of a person, on a device that has none of theirs.</summary>
    /// <param name="holder">The person with all their passkeys.</param>
    /// <param name="name">The address, by which they tell accounts apart on the device.</param>
    /// <param name="displayName">Their name.</param>
    public async Task<PasskeyQuestion> AskForNewAsync(PasskeyHolder holder, string name, string displayName)
    {
        using var library = Library.About(this, holder);
        // Names go to the browser and not into what is stored of the question.
        var asked = await library.Handler.MakeCreationOptionsAsync(
            new PasskeyUserEntity { Id = holder.Handle, Name = holder.Handle, DisplayName = holder.Handle },
            new DefaultHttpContext());
        var options = JsonNode.Parse(asked.CreationOptionsJson)!;
        options["rp"]!["name"] = shownName;
        options["user"]!["name"] = name;
        options["user"]!["displayName"] = displayName;
        return new PasskeyQuestion(JsonSerializer.SerializeToElement(options), asked.AttestationState!);
    }

    /// <summary>Asks for one of a person's passkeys, or for any that the device has for this server.</summary>
    public async Task<PasskeyQuestion> AskAsync(PasskeyHolder? holder)
    {
        using var library = Library.About(this, holder);
        var asked = await library.Handler.MakeRequestOptionsAsync(holder, new DefaultHttpContext());
        return new PasskeyQuestion(JsonElement.Parse(asked.RequestOptionsJson), asked.AssertionState!);
    }

    /// <summary>Checks the answer to <see cref="AskForNewAsync"/>.</summary>
    public async Task<PasskeyAnswered> ReadNewAsync(JsonElement credential, string state)
    {
        using var library = Library.About(this, holder: null);
        var read = await library.Handler.PerformAttestationAsync(new PasskeyAttestationContext
        {
            CredentialJson = credential.GetRawText(),
            AttestationState = state,
            HttpContext = new DefaultHttpContext(),
        });
        return new PasskeyAnswered(read.Passkey, read.Failure?.Message);
    }

    /// <summary>
    /// Checks the answer to <see cref="AskAsync"/> but for the signature counter, which the caller compares and writes down in
    /// one statement.
    /// </summary>
    /// <param name="credential">The answer.</param>
    /// <param name="state">What was kept of the question.</param>
    /// <param name="holder">Whose passkey it says to be.</param>
    public async Task<PasskeyAnswered> CheckAsync(JsonElement credential, string state, PasskeyHolder holder)
    {
        using var library = Library.About(this, holder);
        var read = await library.Handler.PerformAssertionAsync(new PasskeyAssertionContext
        {
            CredentialJson = credential.GetRawText(),
            AssertionState = state,
            HttpContext = new DefaultHttpContext(),
        });
        return new PasskeyAnswered(read.Passkey, read.Failure?.Message);
    }

    private IdentityPasskeyOptions Rules => new()
    {
        ServerDomain = party.Id,
        ValidateOrigin = context => ValueTask.FromResult(
            !context.CrossOrigin && string.Equals(context.Origin, party.Origin, StringComparison.Ordinal)),
        UserVerificationRequirement = Required,
        ResidentKeyRequirement = Required,
        AttestationConveyancePreference = "none",
        AuthenticatorTimeout = lifetime,
        IsAllowedAlgorithm = static algorithm => s_algorithms.Contains(algorithm),
    };

    private sealed class Library : IDisposable
    {
        private readonly UserManager<PasskeyHolder> _users;

        private Library(PasskeyCeremony ceremony, PasskeyHolder? holder)
        {
            _users = new UserManager<PasskeyHolder>(
                new OneHolder(holder), null!, null!, [], [], null!, new IdentityErrorDescriber(), null!, null!);
            Handler = new PasskeyHandler<PasskeyHolder>(_users, Microsoft.Extensions.Options.Options.Create(ceremony.Rules));
        }

        public PasskeyHandler<PasskeyHolder> Handler { get; }

        public static Library About(PasskeyCeremony ceremony, PasskeyHolder? holder) => new(ceremony, holder);

        public void Dispose() => _users.Dispose();
    }
}
