using System.Net;
using System.Net.Http.Headers;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Egress;

/// <summary>
/// A request on its way out: 1. its address is one that can be used, 2. a rule lets host, port and method through, 3. what
/// could mislead the host is taken off, 4. the rule's secret is added, 5. it is sent over a connection that the session
/// dialled, 6. what comes back is bounded.
/// </summary>
internal sealed class GuardedHandler : DelegatingHandler
{
    private static readonly HttpRequestOptionsKey<Pass> s_pass = new("codexos.egress.pass");
    private readonly EgressSession _session;
    private readonly EgressClientSettings _settings;

    private GuardedHandler(EgressSession session, EgressClientSettings settings, HttpMessageHandler inner)
        : base(inner) => (_session, _settings) = (session, settings);

    public static GuardedHandler Make(EgressSession session, EgressClientSettings settings)
    {
        var network = new SocketsHttpHandler
        {
            // A redirect is a decision of its own, and a proxy of the environment would dial in our place.
            AllowAutoRedirect = false,
            UseProxy = false,
            UseCookies = false,
            AutomaticDecompression = settings.Decompresses
                ? DecompressionMethods.GZip | DecompressionMethods.Deflate | DecompressionMethods.Brotli
                : DecompressionMethods.None,
            // Neither do hosts learn of our traces, nor traces of what was asked for.
            ActivityHeadersPropagator = null,
            ConnectTimeout = session.Options.ConnectTimeMax * 2,
            MaxConnectionsPerServer = session.Options.ConnectionsMax,
            MaxResponseHeadersLength = Math.Max(1, session.Options.HeadBytesMax / 1_024),
            RequestHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            ResponseHeaderEncodingSelector = static (_, _) => Encoding.Latin1,
            SslOptions = session.Tls,
            PooledConnectionIdleTimeout = TimeSpan.FromSeconds(15),
            ConnectCallback = (context, token) => ConnectAsync(session, context, token),
        };
        return new GuardedHandler(session, settings, network);
    }

    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        // 1 and 2.
        var method = request.Method.Method;
        if (request.RequestUri is not { IsAbsoluteUri: true, UserInfo: "" } uri || uri.Scheme is not ("http" or "https"))
            throw Refused(_session.Refuse("", 0, method, EgressFaults.BadUrl("it is not http or https, or it names a user")));
        if (!HostName.Parse(uri.Host).TryGet(out var host, out var fault))
            throw Refused(_session.Refuse(uri.Host, uri.Port, method, fault));
        // No rule can list other methods. TRACE would send an added secret back.
        if (!EgressRule.MethodsKnown.Contains(method))
            throw Refused(_session.Refuse(host.Ascii, uri.Port, method, EgressFaults.MethodNotAllowed(host, method)));
        var isEncrypted = uri.Scheme == "https";
        var decided = await _session.DecideAsync(
            host, uri.Port, method, isEncrypted, _settings.Target, cancellationToken);
        if (!decided.TryGet(out var pass, out fault)) throw Refused(fault);

        // 3. One spelling of the host, for connection, TLS and header alike; and no HTTP/3, which dials by itself.
        if (uri.Host != host.Ascii) request.RequestUri = new UriBuilder(uri) { Host = host.Ascii }.Uri;
        request.Headers.Host = null;
        request.Version = request.Version.Major >= 2 ? HttpVersion.Version20 : HttpVersion.Version11;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;

        // 4. It takes the place of what the caller put there; and what comes back must be readable, to be screened for it.
        if (pass.Secret is { } secret)
        {
            request.Headers.Remove(secret.Name);
            request.Headers.TryAddWithoutValidation(secret.Name, secret.Value);
            request.Headers.AcceptEncoding.Clear();
            request.Headers.Range = null;
        }

        // 5 and 6.
        request.Options.Set(s_pass, new Pass(host, pass.Rule.ToString(), pass.Secret is not null));
        var response = await ExchangeAsync(request, host, cancellationToken);
        if (pass.Secret is not null && response.Content.Headers.ContentEncoding.Count > 0)
        {
            response.Dispose();
            throw Refused(_session.Refuse(host.Ascii, uri.Port, method, EgressFaults.Unscreened(host)));
        }

        _ = _session.Note(
            host.Ascii, uri.Port, method, EgressOutcome.Allowed, pass.Rule.ToString(), pass.Secret is not null);
        return Bound(response, host, pass.Secret);
    }

    private async Task<HttpResponseMessage> ExchangeAsync(
        HttpRequestMessage request, HostName host, CancellationToken cancellationToken)
    {
        using var timeUp = new CancellationTokenSource(_session.RequestTimeMax, _session.Clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        Fault fault;
        try
        {
            return await base.SendAsync(request, either.Token);
        }
        catch (Exception error) when (EgressFaults.Of(error) is { } known)
        {
            throw Refused(known); // Noted where it came up.
        }
        catch (Exception error) when (error is HttpRequestException or IOException)
        {
            fault = EgressFaults.Unreachable(host);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            fault = EgressFaults.TimedOut(host);
        }

        _ = _session.Note(
            host.Ascii, request.RequestUri!.Port, request.Method.Method, EgressOutcome.Failed, fault.Code);
        throw Refused(fault);
    }

    private HttpResponseMessage Bound(HttpResponseMessage response, HostName host, SecretHeader? secret)
    {
        Stream body = new AnswerStream(
            response.Content.ReadAsStream(),
            _settings.AnswerBytesMax ?? _session.Options.BytesMax,
            _settings.SilenceMax ?? _session.SilenceMax,
            _session.Clock,
            host);
        if (secret is not null) body = new ScreenedStream(body, Encoding.UTF8.GetBytes(secret.Secret));
        var bounded = new StreamContent(body);
        foreach (var (name, values) in response.Content.Headers) bounded.Headers.TryAddWithoutValidation(name, values);
        response.Content = bounded;
        if (secret is null) return response;
        Screen(response.Headers, secret);
        Screen(bounded.Headers, secret);
        if (response.ReasonPhrase?.Contains(secret.Secret, StringComparison.Ordinal) is true) response.ReasonPhrase = "";
        return response;
    }

    /// <summary>Takes off the headers in which a host sends the secret back.</summary>
    private static void Screen(HttpHeaders headers, SecretHeader secret)
    {
        foreach (var (name, values) in headers.NonValidated.ToList())
        {
            if (values.Any(value => value.Contains(secret.Secret, StringComparison.Ordinal))) headers.Remove(name);
        }
    }

    /// <summary>The connection for a request that was let through; the decision is made once more, for what is dialled.</summary>
    private static async ValueTask<Stream> ConnectAsync(
        EgressSession session, SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (name, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var method = context.InitialRequestMessage.Method.Method;
        if (!HostName.Parse(name).TryGet(out var host, out var fault)) throw Refused(fault);
        if (!context.InitialRequestMessage.Options.TryGetValue(s_pass, out var pass) || pass.Host != host
            || !session.Lets(host, port, method))
        {
            throw Refused(session.Refuse(name, port, method, EgressFaults.NotListed(host)));
        }

        if (!(await session.DialAsync(host, port, method, cancellationToken)).TryGet(out var socket, out fault))
            throw Refused(fault);
        return new MeteredStream(socket, session, session.LineOf(name, port, method, pass.Rule, pass.WithSecret));
    }

    private static EgressException Refused(Fault fault) => new(fault);

    /// <summary>What a request may do, as decided.</summary>
    private sealed record Pass(HostName Host, string Rule, bool WithSecret);
}
