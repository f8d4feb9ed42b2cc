using System.Net;
using System.Net.Http.Headers;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Host;

public sealed class WebUiTests : IDisposable
{
    private readonly TempDirectory _web = new();

    public WebUiTests()
    {
        Write("index.html", "<html><script>let a=1</script><script src=\"/boot.js\"></script>home</html>");
        Write("404.html", "<html>lost</html>");
        Write("runs.html", "<html>runs</html>");
        Write("runs/_.html", "<html>one run</html>");
        Write("runs/_.txt", "one run's data");
        Write("runs/_/__next._tree.txt", "one run's tree");
        Write("_next/static/app.js", new string('x', 4_000));
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _web.Dispose();

    [Theory]
    [InlineData("/", "home")]
    [InlineData("/runs", "runs")]
    [InlineData("/runs/run_1", "one run")]
    [InlineData("/runs/run_1.txt", "one run's data")]
    [InlineData("/runs/run_1/__next._tree.txt", "one run's tree")]
    public async Task Pages_answer_their_addresses_and_dynamic_ones_any_name(string path, string says)
    {
        await using var server = await StartAsync();

        using var answer = await server.Client.GetAsync(path, Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        (await answer.Content.ReadAsStringAsync(Token)).ShouldContain(says);
        answer.Headers.CacheControl!.NoCache.ShouldBeTrue();
    }

    [Fact]
    public async Task A_page_may_run_its_own_scripts_and_no_others()
    {
        await using var server = await StartAsync();

        using var answer = await server.Client.GetAsync("/", Token);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        // printf 'let a=1' | openssl dgst -sha256 -binary | base64
        policy.ShouldContain("script-src 'self' 'sha256-+Q3dsIT3kYyYXlBldxY4Baal1kEoF6cDrlPvZn4iLYs='");
        policy.ShouldContain("require-trusted-types-for 'script'");
        policy.ShouldNotContain("unsafe-inline");
    }

    [Fact]
    public async Task A_file_with_a_hash_in_its_name_is_kept_for_ever_and_sent_compressed_once()
    {
        await using var server = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/_next/static/app.js");
        request.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));

        using var first = await server.Client.SendAsync(request, Token);

        first.Content.Headers.ContentEncoding.ShouldBe(["br"]);
        first.Content.Headers.ContentLength!.Value.ShouldBeLessThan(100);
        first.Headers.CacheControl!.ToString().ShouldContain("immutable");
        using var again = new HttpRequestMessage(HttpMethod.Get, "/_next/static/app.js");
        again.Headers.AcceptEncoding.Add(new StringWithQualityHeaderValue("br"));
        again.Headers.IfNoneMatch.Add(first.Headers.ETag!);
        using var second = await server.Client.SendAsync(again, Token);
        second.StatusCode.ShouldBe(HttpStatusCode.NotModified);
    }

    [Fact]
    public async Task An_address_that_leads_nowhere_is_a_page_for_people_and_a_problem_for_programs()
    {
        await using var server = await StartAsync();
        using var person = new HttpRequestMessage(HttpMethod.Get, "/nowhere");
        person.Headers.Accept.ParseAdd("text/html");

        using var page = await server.Client.SendAsync(person, Token);
        using var problem = await server.Client.GetAsync("/nowhere", Token);

        page.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        (await page.Content.ReadAsStringAsync(Token)).ShouldContain("lost");
        problem.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        problem.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
    }

    [Fact]
    public async Task A_server_without_web_pages_says_how_to_build_them()
    {
        await using var server = await CodexServer.StartAsync(
            settings: [$"Server:WebRoot={_web.In("nothing")}"], cancellationToken: Token);

        using var answer = await server.Client.GetAsync("/", Token);

        answer.StatusCode.ShouldBe(HttpStatusCode.ServiceUnavailable);
        (await answer.Content.ReadAsStringAsync(Token)).ShouldContain("./run build");
    }

    private Task<CodexServer> StartAsync() =>
        CodexServer.StartAsync(settings: [$"Server:WebRoot={_web.Path}"], cancellationToken: Token);

    private void Write(string path, string content)
    {
        var file = _web.In(path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        File.WriteAllText(file, content);
    }
}
