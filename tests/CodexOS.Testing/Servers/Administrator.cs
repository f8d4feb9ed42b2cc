using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;

namespace CodexOS.Testing.Servers;

/// <summary>The first administrator of a server of a test's own.</summary>
internal static class Administrator
{
    /// <summary>Makes them, if nobody has used the link that the server wrote down, and signs them in.</summary>
    /// <param name="server">Where the server listens.</param>
    /// <param name="keysPath">The folder of its keys, where the link is.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>A client that is signed in.</returns>
    public static async Task<HttpClient> SignInAsync(Uri server, string keysPath, CancellationToken cancellationToken)
    {
        var link = Path.Combine(keysPath, "setup-link");
        var (email, password) = (CodexServer.AdministratorEmail, CodexServer.AdministratorPassword);
        using var anybody = new HttpClient { BaseAddress = server };
        using var answer = File.Exists(link)
            ? await anybody.PostAsJsonAsync("/api/v1/setup", new
            {
                token = TokenOf(await File.ReadAllTextAsync(link, cancellationToken)),
                email,
                displayName = "Ada",
                password,
                transport = "body",
            }, cancellationToken)
            : await anybody.PostAsJsonAsync(
                "/api/v1/auth/sign-in", new { email, password, transport = "body" }, cancellationToken);
        return await SignedInAsync(server, answer, cancellationToken);
    }

    /// <summary>The one-time token in a link.</summary>
    public static string TokenOf(string link) => link.Trim().Split("#token=")[^1];

    /// <summary>A client with the tokens of an answer.</summary>
    public static async Task<HttpClient> SignedInAsync(
        Uri server, HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        answer.EnsureSuccessStatusCode();
        var tokens = await answer.Content.ReadFromJsonAsync<JsonElement>(cancellationToken);
        var client = new HttpClient { BaseAddress = server };
        client.DefaultRequestHeaders.Authorization =
            new AuthenticationHeaderValue("Bearer", tokens.GetProperty("accessToken").GetString());
        return client;
    }
}
