using System.Runtime.CompilerServices;
using CodexOS.Client.Http;

namespace CodexOS.Client.Contracts;

/// <summary>
/// The CodexOS API. Every method throws <see cref="CodexOSException"/> when the server refuses or cannot be reached,
/// and <see cref="OperationCanceledException"/> when its token is cancelled. Sessions are renewed by themselves. It is
/// safe to use from several threads; use one for the life of the process.
/// </summary>
public sealed partial class CodexOSClient : IDisposable
{
    private const int PageSize = 100;

    private readonly CodexOSClientOptions _options;
    private readonly Transport _transport;

    /// <summary>Makes a client; nothing is sent yet.</summary>
    public CodexOSClient(CodexOSClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        _transport = new Transport(options);
    }

    /// <summary>The server's address.</summary>
    public Uri Server => _options.Server;

    /// <inheritdoc />
    public void Dispose() => _transport.Dispose();

    /// <summary>Whether the server still has to be set up, and its version.</summary>
    public Task<SetupState> GetSetupAsync(CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get("api/v1/setup") with { IsAnonymous = true }, WireJson.Default.SetupState, cancellationToken);

    /// <summary>Creates the first administrator and signs in as them.</summary>
    public async Task SetUpAsync(SetupRequest request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var body = new SetupBody(request.Token, request.Email, request.DisplayName, request.Password, "body");
        var call = ApiCall.Post("api/v1/setup") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(body, WireJson.Default.SetupBody),
        };
        var tokens = await _transport.SendAsync(call, WireJson.Default.SessionTokens, cancellationToken);
        await _transport.Session.KeepAsync(tokens, request.Email, CancellationToken.None);
    }

    /// <summary>
    /// Signs in and keeps the session. An account with a second factor needs <see cref="BeginSignInAsync"/>.
    /// </summary>
    public async Task SignInAsync(string email, string password, CancellationToken cancellationToken)
    {
        if (await BeginSignInAsync(email, password, tenant: null, cancellationToken) is not null)
        {
            throw new CodexOSException(
                "client.second_factor_needed", FaultKind.NotSignedIn, "This account has a second factor; give its code too.");
        }
    }

    /// <summary>Ends the session on the server and forgets it; forgets it even if the server is away.</summary>
    public async Task SignOutAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _transport.SendAsync(ApiCall.Post("api/v1/auth/sign-out"), cancellationToken);
        }
        catch (CodexOSException e) when (e.Kind == FaultKind.NotSignedIn)
        {
            // It has ended already, which is what was asked for.
        }
        finally
        {
            await _transport.Session.ForgetAsync(CancellationToken.None);
        }
    }

    /// <summary>Who is signed in.</summary>
    public Task<Me> GetMeAsync(CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get("api/v1/auth/me"), WireJson.Default.Me, cancellationToken);

    /// <summary>What the server consists of.</summary>
    public Task<SystemState> GetSystemAsync(CancellationToken cancellationToken) =>
        _transport.SendAsync(ApiCall.Get("api/v1/system"), WireJson.Default.SystemState, cancellationToken);

    /// <summary>The nodes that work on the installation's database.</summary>
    public async Task<IReadOnlyList<ClusterNode>> ListNodesAsync(CancellationToken cancellationToken) =>
        (await _transport.SendAsync(
            ApiCall.Get("api/v1/cluster/nodes"), WireJson.Default.ClusterNodeList, cancellationToken)).Items;

    /// <summary>The tools that agents may be given.</summary>
    public async Task<IReadOnlyList<Tool>> ListToolsAsync(CancellationToken cancellationToken) =>
        (await _transport.SendAsync(ApiCall.Get("api/v1/tools"), WireJson.Default.ToolList, cancellationToken)).Items;

    /// <summary>Whether the server process is alive and answers.</summary>
    public Task CheckLiveAsync(CancellationToken cancellationToken) => CheckAsync("health/live", cancellationToken);

    /// <summary>Whether the server can take work: its database and other parts are there.</summary>
    public Task CheckReadyAsync(CancellationToken cancellationToken) => CheckAsync("health/ready", cancellationToken);

    private Task CheckAsync(string path, CancellationToken cancellationToken) => _transport.SendAsync(
        ApiCall.Get(path) with { IsAnonymous = true, Accept = "*/*" }, cancellationToken);

    /// <summary>Copies what a call answers into a stream.</summary>
    private async Task DownloadAsync(string path, Stream destination, CancellationToken cancellationToken) =>
        await _transport.SendAsync(
            // Not repeatable: a second attempt would write behind what the first has already written.
            new ApiCall(HttpMethod.Get, path) { Accept = "*/*", Timeout = _options.UploadTimeout },
            async (response, token) =>
            {
                await response.Content.CopyToAsync(destination, token);
                return true;
            },
            cancellationToken);

    private static async IAsyncEnumerable<T> PagesAsync<T>(
        Func<string?, CancellationToken, Task<Page<T>>> read,
        [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string? cursor = null;
        do
        {
            var page = await read(cursor, cancellationToken);
            foreach (var item in page.Items) yield return item;
            cursor = page.NextCursor;
        }
        while (cursor is not null);
    }
}
