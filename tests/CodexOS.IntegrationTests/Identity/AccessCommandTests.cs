using System.Text.Json;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Servers;
using OtpNet;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Members, roles, keys and second factors from the command line, against the real server.</summary>
public sealed class AccessCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_colleague_is_invited_joins_by_the_link_in_the_mail_folder_and_gets_a_role_of_the_tenant_s_own()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        var owner = (await server.SignInAsync(Cancellation)).DefaultRequestHeaders.Authorization!.Parameter!;

        (await RunAsync(server, owner, "roles", "create", "watcher", "--may", "runs:read", "agents:read", "--description", "Watches"))
            .Out.ShouldContain("watcher  own  Watches");
        (await RunAsync(server, owner, "roles", "list")).Out.ShouldContain("watcher");
        var invited = await RunAsync(server, owner, "members", "invite", "grace@example.org", "--role", "watcher");
        invited.Exit.ShouldBe(0, invited.Error);
        (await RunAsync(server, owner, "members", "invitations")).Out.ShouldContain("grace@example.org");

        var mail = Directory.GetFiles(Path.Combine(server.DataPath, "mail"), "*.eml").ShouldHaveSingleItem();
        File.GetUnixFileMode(mail).ShouldBe(UnixFileMode.UserRead | UnixFileMode.UserWrite);
        var link = (await File.ReadAllTextAsync(mail, Cancellation)).Split('\n').Single(line => line.Contains("/join#token=")).Trim();
        var joined = await TypeAsync(server, "join", link, "--name", "Grace", "--password-stdin");
        joined.Exit.ShouldBe(0, joined.Error);
        joined.Out.ShouldContain("grace@example.org belongs to Home now.");
        (await TypeAsync(server, "join", link, "--password-stdin")).Exit.ShouldBe(5);

        var members = JsonElement.Parse((await RunAsync(server, owner, "members", "list", "--json")).Out).GetProperty("items");
        var grace = members.EnumerateArray().Single(each => each.GetProperty("role").GetString() == "watcher").GetProperty("id").GetString()!;
        (await RunAsync(server, owner, "access", "who", "agents:read")).Out.ShouldContain("Grace");
        (await RunAsync(server, owner, "access", "grant", grace, "runs:start", "agent:reviewer")).Out.ShouldContain("Grace has runs:start on agent:reviewer");
        (await RunAsync(server, owner, "access", "who", "runs:start", "--on", "agent:reviewer")).Out.ShouldContain("grant on agent:reviewer");
        var grants = JsonElement.Parse((await RunAsync(server, owner, "access", "grants", "--json")).Out).GetProperty("items");
        (await RunAsync(server, owner, "access", "revoke", grants[0].GetProperty("id").GetString()!)).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "access", "grants")).Error.ShouldContain("Nothing was granted");

        (await RunAsync(server, owner, "members", "list", "--search", "GRACE@")).Out.ShouldContain("Grace");
        (await RunAsync(server, owner, "members", "list", "--search", "nobody")).Error.ShouldContain("Nobody has this");
        (await RunAsync(server, owner, "members", "sign-out", grace)).Out.ShouldContain("signed out");
        (await RunAsync(server, owner, "members", "update", grace, "--disable")).Out.ShouldContain("disabled");
        (await RunAsync(server, owner, "members", "update", grace, "--disable", "--enable")).Exit.ShouldBe(2);
        (await RunAsync(server, owner, "roles", "delete", "watcher")).Exit.ShouldBe(6);
        (await RunAsync(server, owner, "members", "remove", grace)).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "roles", "delete", "watcher")).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task A_project_is_made_filled_with_members_and_things_and_deleted()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        var owner = (await server.SignInAsync(Cancellation)).DefaultRequestHeaders.Authorization!.Parameter!;
        (await RunAsync(server, owner, "projects", "list")).Error.ShouldContain("There are no projects");
        (await RunAsync(server, owner, "projects", "create", "alpha", "--title", "First things")).Out.ShouldContain("alpha  First things");
        (await RunAsync(server, owner, "service-accounts", "create", "robot", "--role", "viewer")).Exit.ShouldBe(0);
        var robot = JsonElement.Parse((await RunAsync(server, owner, "service-accounts", "list", "--json")).Out)
            .GetProperty("items")[0].GetProperty("id").GetString()!;

        (await RunAsync(server, owner, "projects", "members", "set", "alpha", robot, "--role", "operator")).Out
            .ShouldContain("robot is operator in alpha");
        (await RunAsync(server, owner, "projects", "members", "list", "alpha")).Out.ShouldContain("operator");
        (await RunAsync(server, owner, "kb", "create", "handbook", "--project", "alpha")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "kb", "create", "notes")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "projects", "add", "alpha", "knowledge:notes")).Out.ShouldContain("knowledge:notes lies in alpha");
        var shown = (await RunAsync(server, owner, "projects", "show", "alpha")).Out;
        foreach (var part in (string[])["knowledge:handbook", "knowledge:notes", "robot"]) shown.ShouldContain(part);
        (await RunAsync(server, owner, "access", "who", "knowledge:write", "--on", "knowledge:handbook")).Out
            .ShouldContain("operator in project alpha");

        var workspace = (await RunAsync(server, owner, "workspaces", "create", "--sample", "calc", "--project", "alpha")).Out.Trim();
        (await RunAsync(server, owner, "projects", "show", "alpha")).Out.ShouldContain($"workspace:{workspace}");
        (await RunAsync(server, owner, "projects", "remove", "alpha", $"workspace:{workspace}")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "projects", "remove", "alpha", "knowledge:notes")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "projects", "members", "remove", "alpha", robot)).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "projects", "update", "alpha", "--title", "Other things")).Out.ShouldContain("Other things");
        var json = JsonElement.Parse((await RunAsync(server, owner, "projects", "show", "alpha", "--json")).Out);
        json.GetProperty("members").GetArrayLength().ShouldBe(0);
        json.GetProperty("things").GetArrayLength().ShouldBe(1);
        (await RunAsync(server, owner, "projects", "delete", "alpha")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "projects", "show", "alpha")).Exit.ShouldBe(5);
    }

    [Fact]
    public async Task A_key_is_printed_alone_works_as_the_token_and_ends_when_it_is_revoked()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        var owner = (await server.SignInAsync(Cancellation)).DefaultRequestHeaders.Authorization!.Parameter!;
        (await RunAsync(server, owner, "service-accounts", "create", "robot", "--role", "operator")).Out.ShouldContain("robot  operator  active");
        var made = await RunAsync(server, owner, "api-keys", "create", "main", "--for", "robot", "--scope", "agents:read", "--days", "7");
        made.Exit.ShouldBe(0, made.Error);
        made.Error.ShouldContain("acts for robot");
        var key = made.Out.Trim();
        key.ShouldMatch("^cdx_[0-9A-Za-z]{49}$");

        (await RunAsync(server, key, "agents")).Exit.ShouldBe(0);
        (await RunAsync(server, key, "nodes")).Exit.ShouldBe(4);
        var listed = JsonElement.Parse((await RunAsync(server, owner, "api-keys", "list", "--of", "robot", "--json")).Out);
        listed.GetRawText().ShouldNotContain(key[12..]);
        (await RunAsync(server, owner, "api-keys", "list", "--all")).Out.ShouldContain("robot");
        (await RunAsync(server, owner, "service-accounts", "list")).Out.ShouldContain("robot");
        var id = listed.GetProperty("items")[0].GetProperty("id").GetString()!;
        (await RunAsync(server, owner, "api-keys", "rotate", id, "--overlap", "soon")).Exit.ShouldBe(2);
        var rotated = await RunAsync(server, owner, "api-keys", "rotate", id, "--overlap", "2h");
        rotated.Exit.ShouldBe(0, rotated.Error);
        rotated.Error.ShouldContain($"in the place of {id}");
        (await RunAsync(server, rotated.Out.Trim(), "agents")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "api-keys", "list", "--all")).Out.ShouldContain("replaced, ");
        (await RunAsync(server, owner, "api-keys", "rotate", id)).Error.ShouldContain("identity.api_key_replaced");
        listed = JsonElement.Parse((await RunAsync(server, owner, "api-keys", "list", "--of", "robot", "--json")).Out);
        listed.GetProperty("items")[0].GetProperty("replaces").GetString().ShouldBe(id);
        key = rotated.Out.Trim();
        (await RunAsync(server, owner, "api-keys", "revoke", listed.GetProperty("items")[0].GetProperty("id").GetString()!)).Exit.ShouldBe(0);
        (await RunAsync(server, key, "agents")).Exit.ShouldBe(3);
        (await RunAsync(server, owner, "access", "review", "--csv")).Out.ShouldStartWith("entry,id,subject,");
        (await RunAsync(server, owner, "service-accounts", "delete", "robot")).Exit.ShouldBe(0);
    }

    [Fact]
    public async Task A_second_factor_is_set_up_and_asked_for_at_the_next_login()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        using var client = await server.SignInAsync(Cancellation);
        (await RunAsync(server, client.DefaultRequestHeaders.Authorization!.Parameter!, "second-factor", "status")).Out.ShouldContain("Not set up.");
        using var begun = await client.PostAsync(
            "/api/v1/auth/second-factor/totp", JsonBodyOf(new { password = CodexServer.AdministratorPassword }), Cancellation);
        var secret = JsonElement.Parse(await begun.Content.ReadAsStringAsync(Cancellation)).GetProperty("secret").GetString();
        var app = new Totp(Base32Encoding.ToBytes(secret));
        using var confirmed = await client.PostAsync(
            "/api/v1/auth/second-factor/totp/confirm", JsonBodyOf(new { code = app.ComputeTotp() }), Cancellation);
        var codes = JsonElement.Parse(await confirmed.Content.ReadAsStringAsync(Cancellation)).GetProperty("codes");

        (await TypeAsync(
            server, "login", "--email", CodexServer.AdministratorEmail, "--password-stdin",
            "--code", "000000")).Exit.ShouldBe(3);
        var right = await TypeAsync(
            server, "login", "--email", CodexServer.AdministratorEmail, "--password-stdin",
            "--code", codes[0].GetString()!);
        right.Exit.ShouldBe(0, right.Error);
        right.Out.ShouldContain("Signed in to");
    }

    [Fact]
    public async Task One_s_own_name_and_password_are_changed()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        var owner = (await server.SignInAsync(Cancellation)).DefaultRequestHeaders.Authorization!.Parameter!;
        (await RunAsync(server, owner, "account", "rename", "Ada King")).Exit.ShouldBe(0);
        (await RunAsync(server, owner, "account", "show")).Out.ShouldContain("Ada King  ada@example.org  owner of Home");

        string[] change = ["account", "password", "--passwords-stdin"];
        (await RunAsync(server, owner, "only one line\n", change)).Error.ShouldContain("cli.two_lines_needed");
        (await RunAsync(server, owner, "wrong\nquite another passphrase\n", change)).Exit.ShouldBe(3);
        var changed = await RunAsync(server, owner, $"{CodexServer.AdministratorPassword}\nquite another passphrase\n", change);
        changed.Exit.ShouldBe(0, changed.Error);
        (await TypeAsync(server, "login", "--email", CodexServer.AdministratorEmail, "--password-stdin")).Exit.ShouldBe(3);
    }

    [Fact]
    public async Task A_forgotten_password_is_replaced_by_the_link_in_the_mail_folder()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Cancellation);
        await server.SignInAsync(Cancellation);
        var folder = Path.Combine(server.DataPath, "mail");
        Directory.CreateDirectory(folder);
        using var watcher = new FileSystemWatcher(folder, "*.eml") { EnableRaisingEvents = true };
        var written = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        watcher.Created += (_, mail) => written.TrySetResult(mail.FullPath);
        watcher.Renamed += (_, mail) => written.TrySetResult(mail.FullPath);

        var asked = await RunAsync(server, null, "", ["account", "forgot", CodexServer.AdministratorEmail]);
        asked.Exit.ShouldBe(0, asked.Error);
        asked.Out.ShouldContain("If this address has an account");
        var link = (await File.ReadAllTextAsync(await written.Task.WaitAsync(Cancellation), Cancellation)).Split('\n')
            .Single(line => line.Contains("/reset-password#token=")).Trim();
        string[] reset = ["account", "reset", link, "--password-stdin"];
        (await RunAsync(server, null, "password1", reset)).Error.ShouldContain("identity.weak_password");
        var done = await RunAsync(server, null, "quite another passphrase", reset);
        done.Exit.ShouldBe(0, done.Error);
        done.Out.ShouldContain("Your password is changed.");
        (await RunAsync(server, null, "yet another passphrase", reset)).Error.ShouldContain("identity.bad_reset_link");

        (await TypeAsync(server, "login", "--email", CodexServer.AdministratorEmail, "--password-stdin")).Exit.ShouldBe(3);
        string[] login = ["login", "--email", CodexServer.AdministratorEmail, "--password-stdin"];
        (await RunAsync(server, null, "quite another passphrase", login)).Exit.ShouldBe(0);
    }

    private static StringContent JsonBodyOf(object body) =>
        new(JsonSerializer.Serialize(body), System.Text.Encoding.UTF8, "application/json");

    private static Task<(int Exit, string Out, string Error)> RunAsync(CodexServer server, string token, params string[] args) =>
        RunAsync(server, token, "", args);

    /// <summary>Runs a command without a session, which reads the usual password from its input.</summary>
    private static Task<(int Exit, string Out, string Error)> TypeAsync(CodexServer server, params string[] args) =>
        RunAsync(server, null, CodexServer.AdministratorPassword, args);

    private static async Task<(int Exit, string Out, string Error)> RunAsync(
        CodexServer server, string? token, string input, string[] args)
    {
        using var terminal = new FakeTerminal(server.Url) { Input = input };
        if (token is not null) terminal.Environment["CODEXOS_TOKEN"] = token;
        var exit = await terminal.RunAsync(args);
        return (exit, terminal.Out + System.Text.Encoding.UTF8.GetString(terminal.RawOut), terminal.Error);
    }
}
