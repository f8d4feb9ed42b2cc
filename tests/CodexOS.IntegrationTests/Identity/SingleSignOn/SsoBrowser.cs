using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>A person's browser: it keeps cookies, follows redirects, and says where its requests come from.</summary>
internal sealed partial class SsoBrowser : IDisposable
{
    private readonly CodexServer _server;
    private readonly HttpClient _client;

    public SsoBrowser(CodexServer server)
    {
        _server = server;
        _client = new HttpClient(new HttpClientHandler { AllowAutoRedirect = false }) { BaseAddress = server.Url };
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Begins a sign-in on the sign-in page, and says where it leads.</summary>
    public async Task<Uri> StartAsync(object request)
    {
        using var answer = await PostAsync("/api/v1/auth/sso/start", request);
        var text = await answer.Content.ReadAsStringAsync(Cancellation);
        answer.IsSuccessStatusCode.ShouldBeTrue(text);
        return new Uri(JsonElement.Parse(text).GetProperty("redirect").GetString()!);
    }

    public async Task<HttpResponseMessage> PostAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Sec-Fetch-Site", "same-origin");
        return await _client.SendAsync(request, Cancellation);
    }

    /// <summary>Follows redirects from an address until they end on a page of CodexOS, and says which.</summary>
    public async Task<Uri> FollowAsync(Uri address)
    {
        for (var hops = 0; hops < 20; hops++)
        {
            if (address.Authority == _server.Url.Authority && address.AbsolutePath == "/sign-in") return address;
            using var answer = await _client.GetAsync(address, Cancellation);
            var next = answer.Headers.Location;
            next.ShouldNotBeNull($"{address}: {answer.StatusCode} {await answer.Content.ReadAsStringAsync(Cancellation)}");
            address = new Uri(address, next);
        }

        throw new InvalidOperationException("There are too many redirects.");
    }

    /// <summary>Signs in at the provider, and says what the sign-in page is told.</summary>
    public async Task<string> SignInAsync(object request) => (await FollowAsync(await StartAsync(request))).Fragment;

    /// <summary>What the page does then: it asks for tokens by the cookie.</summary>
    public async Task<string> TokenAsync()
    {
        using var answer = await PostAsync("/api/v1/auth/refresh", new { transport = "cookie" });
        return (await IdentityServer.TokensOfAsync(answer)).AccessToken;
    }

    /// <summary>Signs out, and says where the browser is sent; null if nowhere.</summary>
    public async Task<Uri?> SignOutAsync()
    {
        using var answer = await PostAsync("/api/v1/auth/sign-out", new { });
        answer.IsSuccessStatusCode.ShouldBeTrue();
        if (answer.StatusCode is HttpStatusCode.NoContent) return null;
        return new Uri((await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("redirect").GetString()!);
    }

    /// <summary>Agrees to the form that the provider shows to whoever signs out, and says where it leads.</summary>
    public async Task<Uri> ConfirmSignOutAsync(Uri address)
    {
        var page = await _client.GetStringAsync(address, Cancellation);
        using var form = new FormUrlEncodedContent(
            [new("xsrf", Hidden().Match(page).Groups["token"].Value), new("logout", "yes")]);
        using var answer = await _client.PostAsync(new Uri(FormAction().Match(page).Groups["address"].Value), form, Cancellation);
        return answer.Headers.Location.ShouldNotBeNull(await answer.Content.ReadAsStringAsync(Cancellation));
    }

    public void Dispose() => _client.Dispose();

    [GeneratedRegex("""action="(?<address>[^"]+)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FormAction();

    [GeneratedRegex("""name="xsrf" value="(?<token>[^"]+)""", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Hidden();
}
