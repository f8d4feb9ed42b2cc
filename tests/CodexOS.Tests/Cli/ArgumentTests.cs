using CodexOS.Cli;
using CodexOS.Cli.Contracts;
using CodexOS.Cli.Screens;
using CodexOS.Cli.Verbs;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Cli;

public sealed class ArgumentTests : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();
    private ServeOptions? _served;
    private DatabaseCommand? _prepared;

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public async Task Serve_passes_on_everything_it_was_asked()
    {
        var exitCode = await RunAsync(
            "serve", "--url", "http://0.0.0.0:80", "--data", "/var/lib/codexos", "--role", "api,worker",
            "--role", "edge", "--set", "Sandbox:Level=strict", "--set", "A:B=c=d", "--set", "Empty=");

        exitCode.ShouldBe(42);
        _served!.Url.ShouldBe(new Uri("http://0.0.0.0:80"));
        _served.Data.ShouldBe("/var/lib/codexos");
        _served.Roles.ShouldBe(["api", "worker", "edge"]);
        _served.Settings.ShouldBe([new("Sandbox:Level", "strict"), new("A:B", "c=d"), new("Empty", "")]);
    }

    [Fact]
    public async Task Serve_without_arguments_leaves_all_to_the_configuration()
    {
        await RunAsync("serve");

        _served.ShouldNotBeNull();
        (_served.Url, _served.Data, _served.Roles.Count, _served.Settings.Count).ShouldBe((null, null, 0, 0));
    }

    [Theory]
    [InlineData("'nonsense' is not a setting", "serve", "--set", "nonsense")]
    [InlineData("'ftp://x' is not an address", "ps", "--url", "ftp://x")]
    [InlineData("'sleeping' is not a status", "ps", "--status", "sleeping")]
    [InlineData("--limit is a number", "ps", "--limit", "0")]
    [InlineData("exclude each other", "run", "a", "b", "--workspace", ".", "--sample", "calc")]
    [InlineData("it cannot go with --detach", "run", "a", "b", "--detach", "--yes")]
    [InlineData("Give one of --retry, --failed", "resolve", "last", "t1")]
    [InlineData("Give one of --retry, --failed", "resolve", "last", "t1", "--retry", "--failed")]
    [InlineData("Give one of --retry, --failed", "resolve", "last", "t1", "--undo", "--took-place", "{}")]
    [InlineData("'x' is not the place of an event", "rollback", "last", "x")]
    [InlineData("'-1' is not the place of an event", "fork", "last", "-1")]
    [InlineData("--steps-max is a whole number", "retry", "last", "--steps-max", "0")]
    [InlineData("--cost-max is an amount", "retry", "last", "--cost-max", "free")]
    [InlineData("Two states are compared", "diff", "last@3")]
    [InlineData("'--file' is required", "apply")]
    [InlineData("Required argument 'TASK' missing", "run", "a")]
    [InlineData("powershell", "completion", "powershell")]
    [InlineData("hint: codexos maintenance on --help", "maintenance", "on", "--minutes")]
    public async Task A_wrong_argument_is_exit_code_2_and_says_what_is_wrong(string message, params string[] args)
    {
        (await RunAsync(args)).ShouldBe(2);

        _error.ToString().ShouldStartWith("error: ");
        _error.ToString().ShouldContain(message);
        _error.ToString().ShouldContain("(cli.usage)");
        _out.ToString().ShouldBeEmpty();
    }

    [Theory]
    [InlineData("log", "codexos logs")]
    [InlineData("aproove", null)]
    [InlineData("kil", "codexos kill")]
    [InlineData("pss", "codexos ps")]
    [InlineData("agnets", "codexos agents")]
    public async Task A_mistyped_command_is_answered_with_the_one_that_was_meant(string typed, string? meant)
    {
        (await RunAsync(typed)).ShouldBe(2);

        if (meant is null) _error.ToString().ShouldNotContain("Did you mean");
        else _error.ToString().ShouldContain($"Did you mean \"{meant}\"?");
    }

    [Fact]
    public async Task Preparing_a_database_takes_an_administrator_and_settings()
    {
        (await RunAsync("database", "prepare", "--as", "Host=x", "--set", "Database:Provider=postgres")).ShouldBe(43);

        _prepared!.Task.ShouldBe(DatabaseTask.Prepare);
        _prepared.Administrator.ShouldBe("Host=x");
        _prepared.Settings.ShouldBe([new("Database:Provider", "postgres")]);
    }

    [Fact]
    public async Task No_arguments_show_the_help()
    {
        (await RunAsync()).ShouldBe(0);

        foreach (var verb in (string[])["serve", "login", "apply", "run", "ps", "logs", "approve", "kill", "doctor",
            "pause", "resume", "steer", "signal", "retry", "checkpoints", "state", "rollback", "fork"])
            _out.ToString().ShouldContain(verb);
    }

    [Fact]
    public async Task A_bug_is_exit_code_1()
    {
        var application = new Application(
            TerminalOf(), (_, _) => throw new InvalidOperationException("oops"), (_, _) => Task.FromResult(0));

        (await application.RunAsync(["serve"], TestContext.Current.CancellationToken)).ShouldBe(1);

        _error.ToString().ShouldContain("(cli.bug)");
    }

    [Fact]
    public async Task Every_shell_gets_a_completion_that_asks_the_command_itself()
    {
        foreach (var shell in (string[])["bash", "zsh", "fish"]) (await RunAsync("completion", shell)).ShouldBe(0);

        _out.ToString().ShouldContain("[suggest:");
        (await RunAsync("[suggest:9]", "codexos a")).ShouldBe(0);
        _out.ToString().ShouldContain("approvals");
        (await RunAsync("[suggest:20]", "codexos ps --status ")).ShouldBe(0);
        _out.ToString().ShouldContain("paused");
    }

    [Theory]
    [InlineData("http://127.0.0.1:7420/setup#token=abc", "http://127.0.0.1:7420/", "abc")]
    [InlineData("https://codex.example/setup#token=a%2Bb&x=1", "https://codex.example/", "a+b")]
    [InlineData("  abc  ", null, "abc")]
    public void A_setup_link_holds_the_server_and_the_token(string link, string? server, string token)
    {
        var parsed = OneTimeLink.Parse(link);

        parsed.Server?.ToString().ShouldBe(server);
        parsed.Token.ShouldBe(token);
    }

    [Theory]
    [InlineData("http://127.0.0.1:7420/setup")]
    [InlineData("http://127.0.0.1:7420/setup#token=")]
    [InlineData("javascript:alert(1)#token=x")]
    [InlineData("")]
    public void What_is_no_setup_link_is_refused(string link) =>
        Should.Throw<CodexOSException>(() => OneTimeLink.Parse(link)).Code.ShouldBe("cli.bad_setup_link");

    private Task<int> RunAsync(params string[] args) => new Application(TerminalOf(), (options, _) =>
    {
        _served = options;
        return Task.FromResult(42);
    }, (options, _) =>
    {
        _prepared = options;
        return Task.FromResult(43);
    }).RunAsync(args, TestContext.Current.CancellationToken);

    private Terminal TerminalOf() => new()
    {
        Out = _out,
        Error = _error,
        In = TextReader.Null,
        OpenRawIn = () => Stream.Null,
        OpenRawOut = () => Stream.Null,
        Variable = name => name == "HOME" ? "/nonexistent" : null,
    };
}
