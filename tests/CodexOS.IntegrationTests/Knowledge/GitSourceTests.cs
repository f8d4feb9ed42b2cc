using System.Diagnostics;
using System.Globalization;
using System.Text;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using Microsoft.AspNetCore.Http;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Knowledge;

/// <summary>Repositories as sources, served by git's own server program.</summary>
public sealed class GitSourceTests : IDisposable
{
    private readonly TempDirectory _work = new();
    private readonly TempDirectory _served = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_repository_is_fetched_through_the_guard_and_only_changed_files_are_read_again()
    {
        await MakeAsync();
        await using var site = await SourceSite.StartAsync();
        site.Handler = ServeAsync;
        await using var server = await CodexServer.StartAsync(settings: SourceSite.Settings, cancellationToken: Token);
        using var ada = await server.SignInAsync(Token);
        await ada.MakeBaseAsync("handbook");
        await ada.AddSourceAsync("handbook", "repo", new
        {
            git = new { url = site.Url + "/manuals.git", branch = "main", folder = "docs" },
            include = new[] { "*.md" },
        });

        var first = await ada.SyncAsync("handbook", "repo");
        first.Counts().ShouldBe(("completed", 2, 0, 0, 0, 1), first.ToString());
        first.GetProperty("failures")[0].Text("code").ShouldBe("knowledge.source_link");
        (await ada.NamesAsync("handbook")).ShouldBe(["repo/docs/deep/hours.md", "repo/docs/pump.md"]);
        (await ada.SearchAsync("handbook", "relief valve"))[0].Text("document").ShouldBe("repo/docs/pump.md");
        Directory.Exists(Path.Combine(server.DataPath, "sources")).ShouldBeTrue();
        Directory.GetFileSystemEntries(Path.Combine(server.DataPath, "sources")).ShouldBeEmpty();

        (await ada.SyncAsync("handbook", "repo")).Counts().ShouldBe(("completed", 0, 0, 2, 0, 1));
        await WriteAsync("docs/pump.md", "# Pump\n\nThe relief valve opens at 14 bar.");
        await GitAsync(_work.Path, "mv", "docs/deep/hours.md", "docs/times.md");
        await CommitAsync();
        (await ada.SyncAsync("handbook", "repo")).Counts().ShouldBe(("completed", 1, 1, 0, 1, 1));
        (await ada.SearchAsync("handbook", "relief valve"))[0].Text("text").ShouldContain("14 bar");

        await ada.AddSourceAsync("handbook", "none", new { git = new { url = site.Url + "/manuals.git", branch = "gone" } });
        var missing = await ada.SyncAsync("handbook", "none");
        (missing.Text("outcome"), missing.Text("faultCode")).ShouldBe(("failed", "knowledge.git_failed"));
        missing.Text("faultMessage").ShouldContain("no branch or tag 'gone'");
        await ada.AddSourceAsync("handbook", "page", new { git = new { url = site.Url + "/nothing.git" } });
        (await ada.SyncAsync("handbook", "page")).Text("faultCode").ShouldBe("knowledge.source_status");
    }

    public void Dispose()
    {
        _work.Dispose();
        _served.Dispose();
    }

    private async Task MakeAsync()
    {
        await GitAsync(_served.Path, "init", "--quiet", "--bare", "--initial-branch=main", "manuals.git");
        await GitAsync(_work.Path, "init", "--quiet", "--initial-branch=main", ".");
        await WriteAsync("docs/pump.md", "# Pump\n\nThe relief valve opens at 12 bar.");
        await WriteAsync("docs/deep/hours.md", "Open on Sundays.");
        await WriteAsync("docs/picture.txt", "Not included.");
        await WriteAsync("README.md", "Not below the folder.");
        File.CreateSymbolicLink(Path.Combine(_work.Path, "docs", "link.md"), "/etc/passwd");
        await CommitAsync();
    }

    private async Task CommitAsync()
    {
        await GitAsync(_work.Path, "add", "--all");
        await GitAsync(_work.Path, "-c", "user.name=A", "-c", "user.email=a@example.org", "commit", "--quiet", "-m", "Write");
        await GitAsync(_work.Path, "push", "--quiet", Path.Combine(_served.Path, "manuals.git"), "main");
    }

    private async Task WriteAsync(string name, string text)
    {
        var path = Path.Combine(_work.Path, name);
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        await File.WriteAllTextAsync(path, text, Token);
    }

    private static async Task GitAsync(string folder, params string[] arguments)
    {
        var start = new ProcessStartInfo("git", arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        (start.Environment["GIT_CONFIG_GLOBAL"], start.Environment["GIT_CONFIG_NOSYSTEM"]) = ("/dev/null", "1");
        using var git = Process.Start(start)!;
        var said = await git.StandardError.ReadToEndAsync(Token);
        await git.WaitForExitAsync(Token);
        git.ExitCode.ShouldBe(0, said);
    }

    /// <summary>Hands a request to <c>git http-backend</c>, as a web server does by CGI.</summary>
    private async Task<bool> ServeAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        using var body = new MemoryStream();
        await request.Body.CopyToAsync(body, Token);
        var start = new ProcessStartInfo("git", ["http-backend"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        foreach (var (name, value) in new Dictionary<string, string?>
        {
            ["GIT_PROJECT_ROOT"] = _served.Path,
            ["GIT_HTTP_EXPORT_ALL"] = "1",
            ["GIT_CONFIG_GLOBAL"] = "/dev/null",
            ["PATH_INFO"] = request.Path,
            ["QUERY_STRING"] = request.QueryString.Value?.TrimStart('?'),
            ["REQUEST_METHOD"] = request.Method,
            ["CONTENT_TYPE"] = request.ContentType,
            ["CONTENT_LENGTH"] = body.Length.ToString(CultureInfo.InvariantCulture),
            ["REMOTE_ADDR"] = "127.0.0.1",
        })
        {
            start.Environment[name] = value;
        }

        using var git = Process.Start(start)!;
        body.Position = 0;
        await body.CopyToAsync(git.StandardInput.BaseStream, Token);
        git.StandardInput.Close();
        using var output = new MemoryStream();
        await git.StandardOutput.BaseStream.CopyToAsync(output, Token);
        await git.WaitForExitAsync(Token);
        var bytes = output.ToArray();
        var end = bytes.AsSpan().IndexOf("\r\n\r\n"u8);
        foreach (var line in Encoding.ASCII.GetString(bytes, 0, end).Split("\r\n"))
        {
            var colon = line.IndexOf(':', StringComparison.Ordinal);
            var value = line[(colon + 1)..].Trim();
            if (line.StartsWith("Status:", StringComparison.Ordinal))
                response.StatusCode = int.Parse(value.AsSpan(0, 3), CultureInfo.InvariantCulture);
            else response.Headers[line[..colon]] = value;
        }

        await response.Body.WriteAsync(bytes.AsMemory(end + 4), Token);
        return true;
    }
}
