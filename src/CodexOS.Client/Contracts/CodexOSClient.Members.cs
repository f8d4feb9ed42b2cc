using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string PasskeysPath = "api/v1/auth/passkeys";
    private const string SecondFactorPath = "api/v1/auth/second-factor";

    /// <summary>
    /// Begins to sign in. Without a second factor that is all, and the session is kept; with one, hand what is returned to
    /// <see cref="FinishSignInAsync"/>.
    /// </summary>
    /// <param name="email">The account.</param>
    /// <param name="password">Its password.</param>
    /// <param name="tenant">The tenant to sign in to, by id; null for the one the account has belonged to longest.</param>
    /// <param name="cancellationToken">Cancels the call.</param>
    public async Task<PendingSignIn?> BeginSignInAsync(
        string email, string password, string? tenant, CancellationToken cancellationToken)
    {
        var body = new SignInBody(email, password, "body", tenant);
        var call = ApiCall.Post("api/v1/auth/sign-in") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(body, WireJson.Default.SignInBody),
        };
        var answer = await _transport.SendAsync(call, WireJson.Default.SignInAnswer, cancellationToken);
        if (answer.Challenge is { } challenge) return new PendingSignIn(challenge, email);
        if (answer.AccessToken is not { } token)
        {
            throw new CodexOSException(
                "client.bad_answer", FaultKind.Upstream, "The server answered a sign-in with neither tokens nor a challenge.");
        }

        var tokens = new SessionTokens(token, answer.ExpiresInSeconds, answer.RefreshToken);
        await _transport.Session.KeepAsync(tokens, email, CancellationToken.None);
        return null;
    }

    /// <summary>Finishes a sign-in with six digits of the authenticator, or with a recovery code.</summary>
    public async Task FinishSignInAsync(PendingSignIn pending, string code, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(pending);
        var (digits, recoveryCode) = Told(code);
        var body = new SecondFactorBody(pending.Challenge, digits, recoveryCode, "body");
        var call = ApiCall.Post("api/v1/auth/sign-in/second-factor") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(body, WireJson.Default.SecondFactorBody),
        };
        var tokens = await _transport.SendAsync(call, WireJson.Default.SessionTokens, cancellationToken);
        await _transport.Session.KeepAsync(tokens, pending.Email, CancellationToken.None);
    }

    /// <summary>All members, by the age of their accounts.</summary>
    /// <param name="search">Only those with this in their name or address, in whatever case; null for everybody.</param>
    /// <param name="cancellationToken">Cancels the calls.</param>
    public IAsyncEnumerable<Member> ListAllMembersAsync(string? search, CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(
            ApiCall.Get(new Query("api/v1/members").With("search", search).With("limit", PageSize).With("cursor", cursor)
                .ToString()),
            WireJson.Default.MemberPage,
            token),
        cancellationToken);

    /// <summary>Gives a member another role, or disables or enables them.</summary>
    public Task<Member> UpdateMemberAsync(string id, UpdateMember request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            new ApiCall(HttpMethod.Patch, $"api/v1/members/{Query.Segment(id)}")
            {
                Body = () => JsonBody.Of(request, WireJson.Default.UpdateMember),
            },
            WireJson.Default.Member,
            cancellationToken);

    /// <summary>Takes a member out of the tenant.</summary>
    public Task RemoveMemberAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/members/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Ends all sessions of a member, those of applications too.</summary>
    public Task EndMemberSessionsAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/members/{Query.Segment(id)}/sessions") { IsRepeatable = true },
        cancellationToken);

    /// <summary>Takes the second factor and the passkeys from a member who has lost them.</summary>
    public Task ResetMemberSecondFactorAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/members/{Query.Segment(id)}/second-factor"), cancellationToken);

    /// <summary>All open invitations, newest first.</summary>
    public IAsyncEnumerable<Invitation> ListAllInvitationsAsync(CancellationToken cancellationToken) => PagesAsync(
        (cursor, token) => _transport.SendAsync(PageOf("api/v1/invitations", cursor), WireJson.Default.InvitationPage, token),
        cancellationToken);

    /// <summary>Invites somebody by mail.</summary>
    public Task<Invitation> CreateInvitationAsync(CreateInvitation request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/invitations") with { Body = () => JsonBody.Of(request, WireJson.Default.CreateInvitation) },
            WireJson.Default.Invitation,
            cancellationToken);

    /// <summary>Withdraws an invitation.</summary>
    public Task DeleteInvitationAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"api/v1/invitations/{Query.Segment(id)}"), cancellationToken);

    /// <summary>What the link of an invitation invites to.</summary>
    public Task<InvitationPreview> LookAtInvitationAsync(string token, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/invitations/look") with
            {
                IsAnonymous = true,
                IsRepeatable = true,
                Body = () => JsonBody.Of(new InvitationTokenBody(token), WireJson.Default.InvitationTokenBody),
            },
            WireJson.Default.InvitationPreview,
            cancellationToken);

    /// <summary>Joins a tenant. Nobody is signed in by it.</summary>
    public Task<JoinedTenant> AcceptInvitationAsync(AcceptInvitation request, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/invitations/accept") with
            {
                IsAnonymous = true,
                Body = () => JsonBody.Of(request, WireJson.Default.AcceptInvitation),
            },
            WireJson.Default.JoinedTenant,
            cancellationToken);

    /// <summary>Changes the name by which others see one.</summary>
    public Task RenameMeAsync(string displayName, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Patch, "api/v1/auth/me")
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new DisplayNameBody(displayName), WireJson.Default.DisplayNameBody),
        },
        cancellationToken);

    /// <summary>Changes one's own password; needs <see cref="StepUpAsync"/> of who has a second factor.</summary>
    public Task ChangePasswordAsync(string currentPassword, string newPassword, CancellationToken cancellationToken) =>
        _transport.SendAsync(
            ApiCall.Post("api/v1/auth/password") with
            {
                Body = () => JsonBody.Of(
                    new PasswordChangeBody(currentPassword, newPassword), WireJson.Default.PasswordChangeBody),
            },
            cancellationToken);

    /// <summary>Has a link to choose another password mailed, if the address has an account with a password.</summary>
    public Task ForgotPasswordAsync(string email, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/auth/password/forgotten") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(new ForgottenPasswordBody(email), WireJson.Default.ForgottenPasswordBody),
        },
        cancellationToken);

    /// <summary>Chooses another password by the token of a link that was mailed. Nobody is signed in by it.</summary>
    public Task ResetPasswordAsync(string token, string password, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/auth/password/reset") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(new ResetPasswordBody(token, password), WireJson.Default.ResetPasswordBody),
        },
        cancellationToken);

    /// <summary>One's own second factor.</summary>
    public Task<SecondFactorStatus> GetSecondFactorAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(SecondFactorPath), WireJson.Default.SecondFactorStatus, cancellationToken);

    /// <summary>Begins to set up an authenticator app.</summary>
    public Task<TotpSetup> BeginTotpAsync(string password, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SecondFactorPath}/totp") with
        {
            Body = () => JsonBody.Of(new PasswordBody(password), WireJson.Default.PasswordBody),
        },
        WireJson.Default.TotpSetup,
        cancellationToken);

    /// <summary>Confirms the app with a code, and returns recovery codes.</summary>
    public Task<RecoveryCodes> ConfirmTotpAsync(string code, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SecondFactorPath}/totp/confirm") with
        {
            Body = () => JsonBody.Of(new GivenCodeBody(code, null), WireJson.Default.GivenCodeBody),
        },
        WireJson.Default.RecoveryCodes,
        cancellationToken);

    /// <summary>Gives the second factor once more, for what asks for that.</summary>
    public Task StepUpAsync(string code, CancellationToken cancellationToken)
    {
        var (digits, recoveryCode) = Told(code);
        return _transport.SendAsync(
            ApiCall.Post("api/v1/auth/step-up") with
            {
                Body = () => JsonBody.Of(new GivenCodeBody(digits, recoveryCode), WireJson.Default.GivenCodeBody),
            },
            cancellationToken);
    }

    /// <summary>Makes new recovery codes; needs <see cref="StepUpAsync"/>.</summary>
    public Task<RecoveryCodes> RenewRecoveryCodesAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post($"{SecondFactorPath}/recovery-codes"), WireJson.Default.RecoveryCodes, cancellationToken);

    /// <summary>Removes one's second factor; needs <see cref="StepUpAsync"/>.</summary>
    public Task RemoveSecondFactorAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, SecondFactorPath), cancellationToken);

    /// <summary>One's own passkeys, newest first. They are added in a browser.</summary>
    public Task<Page<Passkey>> ListPasskeysAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(PasskeysPath), WireJson.Default.PasskeyPage, cancellationToken);

    /// <summary>Removes one of one's own passkeys; needs <see cref="StepUpAsync"/>.</summary>
    public Task RemovePasskeyAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{PasskeysPath}/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Decides whether members of the tenant need a second factor.</summary>
    public Task RequireSecondFactorAsync(bool required, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Put, "api/v1/sign-in-policy")
        {
            IsRepeatable = true,
            Body = () => JsonBody.Of(new SignInPolicyBody(required), WireJson.Default.SignInPolicyBody),
        },
        cancellationToken);

    /// <summary>Six digits come from an authenticator; anything else is meant as a recovery code.</summary>
    private static (string? Digits, string? RecoveryCode) Told(string code)
    {
        ArgumentNullException.ThrowIfNull(code);
        var bare = code.Replace(" ", "", StringComparison.Ordinal);
        return bare.Length == 6 && bare.All(char.IsAsciiDigit) ? (bare, null) : (null, code.Trim());
    }
}
