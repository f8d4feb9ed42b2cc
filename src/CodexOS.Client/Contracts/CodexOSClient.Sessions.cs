using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

public sealed partial class CodexOSClient
{
    private const string SessionsPath = "api/v1/auth/sessions";

    /// <summary>One's own living sessions, newest first.</summary>
    public Task<Page<OwnSession>> ListSessionsAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(SessionsPath), WireJson.Default.OwnSessionPage, cancellationToken);

    /// <summary>
    /// Ends one of one's own sessions; needs <see cref="StepUpAsync"/>, or <see cref="ConfirmPasswordAsync"/> of who has no
    /// second factor.
    /// </summary>
    public Task EndSessionAsync(string id, CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, $"{SessionsPath}/{Query.Segment(id)}"), cancellationToken);

    /// <summary>Ends one's own sessions but this one; needs the same as <see cref="EndSessionAsync"/>.</summary>
    public Task EndOtherSessionsAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        new ApiCall(HttpMethod.Delete, SessionsPath) { IsRepeatable = true }, cancellationToken);

    /// <summary>Gives the password once more, for what asks for it of who has no second factor.</summary>
    public Task ConfirmPasswordAsync(string password, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Post("api/v1/auth/step-up") with
        {
            Body = () => JsonBody.Of(new PasswordBody(password), WireJson.Default.PasswordBody),
        },
        cancellationToken);
}
