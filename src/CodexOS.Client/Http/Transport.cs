using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Contracts;
using CodexOS.Client.Sessions;

namespace CodexOS.Client.Http;

/// <summary>
/// Sends calls. Each attempt: 1 take a token; 2 send; 3 if the token is refused, renew it once and send again;
/// 4 turn a problem into an exception; 5 read the answer. An attempt that failed to reach the server is repeated with
/// growing waits, if the call may be repeated or certainly never arrived.
/// </summary>
internal sealed class Transport : IDisposable
{
    private static readonly TimeSpan s_retryAfterMax = TimeSpan.FromSeconds(10);

    private readonly HttpClient _http;
    private readonly CodexOSClientOptions _options;

    public Transport(CodexOSClientOptions options)
    {
        _options = options;
        _http = new HttpClient(options.Handler ?? NewHandler(), disposeHandler: true)
        {
            BaseAddress = new Uri(options.Server.GetLeftPart(UriPartial.Path).TrimEnd('/') + "/"),
            Timeout = Timeout.InfiniteTimeSpan,
            DefaultRequestVersion = HttpVersion.Version11,
        };
        _http.DefaultRequestHeaders.UserAgent.Add(new ProductInfoHeaderValue("codexos-client", ClientVersion.Text));
        Session = new Session(options.Credentials, options.Server, options.Clock, RefreshAsync);
    }

    public Session Session { get; }

    public void Dispose() => _http.Dispose();

    /// <summary>Sends a call and reads its JSON answer.</summary>
    public Task<T> SendAsync<T>(ApiCall call, JsonTypeInfo<T> type, CancellationToken cancellationToken) =>
        SendAsync(call, (response, token) => ReadJsonAsync(response, type, token), cancellationToken);

    /// <summary>Sends a call whose answer has no body.</summary>
    public Task SendAsync(ApiCall call, CancellationToken cancellationToken) =>
        SendAsync(call, (_, _) => Task.FromResult(true), cancellationToken);

    /// <summary>Sends a call and lets <paramref name="read"/> read the answer before the call's time is over.</summary>
    public async Task<T> SendAsync<T>(
        ApiCall call, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        for (var attempt = 0; ; attempt++)
        {
            using var timeout = new CancellationTokenSource(call.Timeout ?? _options.CallTimeout, _options.Clock);
            using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
            CodexOSException failure;
            try
            {
                using var response = await SendOnceAsync(call, both.Token);
                return await read(response, both.Token);
            }
            catch (OperationCanceledException e) when (timeout.IsCancellationRequested
                && !cancellationToken.IsCancellationRequested)
            {
                throw Failures.TimedOut(call.Timeout ?? _options.CallTimeout, e);
            }
            catch (CodexOSException e)
            {
                if (attempt >= _options.RetriesMax || !Failures.MayRepeat(e, call)) throw;
                failure = e;
            }
            catch (Exception e) when (Failures.IsOfNetwork(e))
            {
                failure = Failures.Explain(e, _options.Server, call);
                if (attempt >= _options.RetriesMax || !Failures.MayRepeat(failure, call)) throw failure;
            }

            await Task.Delay(DelayOf(attempt, failure), _options.Clock, cancellationToken);
        }
    }

    /// <summary>
    /// Sends a call once and leaves the body of the answer to the caller, for as long as the caller likes.
    /// </summary>
    public async Task<HttpResponseMessage> OpenAsync(ApiCall call, CancellationToken cancellationToken)
    {
        using var timeout = new CancellationTokenSource(_options.CallTimeout, _options.Clock);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token);
        try
        {
            return await SendOnceAsync(call, both.Token);
        }
        catch (OperationCanceledException e) when (timeout.IsCancellationRequested
            && !cancellationToken.IsCancellationRequested)
        {
            throw Failures.TimedOut(_options.CallTimeout, e);
        }
        catch (Exception e) when (Failures.IsOfNetwork(e))
        {
            throw Failures.Explain(e, _options.Server, call);
        }
    }

    private static SocketsHttpHandler NewHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        AutomaticDecompression = DecompressionMethods.All,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(10),
    };

    private async Task<HttpResponseMessage> SendOnceAsync(ApiCall call, CancellationToken cancellationToken)
    {
        // 1 to 3.
        var token = call.IsAnonymous ? null : await Session.TokenAsync(cancellationToken);
        var response = await PutOnWireAsync(call, token, cancellationToken);
        if (response.StatusCode == HttpStatusCode.Unauthorized && token is not null)
        {
            var renewed = await Session.RenewAsync(token, cancellationToken);
            if (renewed is not null)
            {
                response.Dispose();
                response = await PutOnWireAsync(call, renewed, cancellationToken);
            }
        }

        // 4. The answer itself is read by the caller.
        if (response.IsSuccessStatusCode) return response;
        using (response) throw await Problem.ReadAsync(response, _options.Clock, cancellationToken);
    }

    private async Task<HttpResponseMessage> PutOnWireAsync(
        ApiCall call, string? token, CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(call.Method, call.Path) { Content = call.Body?.Invoke() };
        request.Headers.Accept.ParseAdd(call.Accept);
        if (token is not null) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        foreach (var (name, value) in call.Headers) request.Headers.TryAddWithoutValidation(name, value);
        return await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
    }

    private async Task<T> ReadJsonAsync<T>(
        HttpResponseMessage response, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await using var stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        await using var limited = new LimitedStream(stream, _options.AnswerSizeMax);
        try
        {
            return await JsonSerializer.DeserializeAsync(limited, type, cancellationToken)
                ?? throw new JsonException("The answer is null.");
        }
        catch (JsonException e)
        {
            throw Failures.BadAnswer(response, e);
        }
    }

    private Task<SessionTokens> RefreshAsync(string refreshToken, CancellationToken cancellationToken) => SendAsync(
        ApiCall.Post("api/v1/auth/refresh") with
        {
            IsAnonymous = true,
            Body = () => JsonBody.Of(new RefreshBody(refreshToken, "body"), WireJson.Default.RefreshBody),
        },
        WireJson.Default.SessionTokens,
        cancellationToken);

    private TimeSpan DelayOf(int attempt, CodexOSException failure)
    {
        if (failure.RetryAfter is { } asked && asked >= TimeSpan.Zero && asked <= s_retryAfterMax) return asked;
        // Half fixed, half random, so that clients that failed together do not come back together.
        var full = _options.RetryDelay * Math.Pow(2, attempt);
        return (full / 2) + (full / 2 * (RandomNumberGenerator.GetInt32(1000) / 1000.0));
    }
}
