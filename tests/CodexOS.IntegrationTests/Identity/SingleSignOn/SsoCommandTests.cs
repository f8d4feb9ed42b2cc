using CodexOS.Identity.SingleSignOn.Domains;
using CodexOS.IntegrationTests.Cli;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity.SingleSignOn;

/// <summary>Single sign-on from the command line, against the real server and a name server of the test's own.</summary>
public sealed class SsoCommandTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_connection_is_made_its_domain_verified_by_a_record_and_both_are_removed()
    {
        var names = new NameServer();
        await using var server = await CodexServer.StartAsync(
            adjust: services => services.AddSingleton<ITxtRecords>(names), cancellationToken: Cancellation);
        using var owner = await server.SignInAsync(Cancellation);
        async Task<FakeTerminal> RunAsync(int exit, string? typed, params string[] args)
        {
            var terminal = new FakeTerminal(server.Url) { Input = typed ?? "" };
            terminal.Environment["CODEXOS_TOKEN"] = owner.DefaultRequestHeaders.Authorization!.Parameter!;
            (await terminal.RunAsync(args)).ShouldBe(exit, terminal.Error);
            return terminal;
        }

        using var none = await RunAsync(0, null, "sso", "list");
        none.Error.ShouldContain("There are no connections.");
        using var made = await RunAsync(
            0, "a secret\n", "sso", "create", "Staff", "--issuer", "https://login.nowhere.invalid", "--client-id", "codexos",
            "--group", "makers=developer");
        made.Out.ShouldContain("/callback");
        made.Out.ShouldNotContain("a secret");
        var id = "sso_" + made.Out.Split("sso_")[1][..32];
        using var wrong = await RunAsync(2, null, "sso", "update", id, "--group", "makers");
        using var unknown = await RunAsync(5, null, "sso", "update", id, "--default-role", "nothing");
        unknown.Error.ShouldContain("(identity.role_not_found)");
        using var tested = await RunAsync(1, null, "sso", "test", id);
        tested.Out.ShouldContain("✗ discovery");

        using var added = await RunAsync(0, null, "sso", "domains", "add", id, "Example.ORG");
        var value = added.Out.Split("_codexos-challenge.example.org")[1].Trim().Split('\n')[0].Trim();
        using var early = await RunAsync(6, null, "sso", "domains", "verify", "example.org");
        early.Error.ShouldContain("(identity.sso_domain_not_proven)");
        names.Texts["_codexos-challenge.example.org"] = ["something else", value];
        using var verified = await RunAsync(0, null, "sso", "domains", "verify", "example.org");
        verified.Out.ShouldContain("example.org is verified");
        using var changed = await RunAsync(0, null, "sso", "update", id, "--enforced", "true");
        using var listed = await RunAsync(0, null, "sso", "list");
        listed.Out.ShouldContain("enforced");
        using var twice = await RunAsync(6, null, "sso", "domains", "add", id, "example.org");
        twice.Error.ShouldContain("(identity.sso_domain_exists)");
        using var dropped = await RunAsync(0, null, "sso", "domains", "rm", "example.org");
        using var removed = await RunAsync(0, null, "sso", "rm", id);
        removed.Out.ShouldContain("is deleted");
    }

    private sealed class NameServer : ITxtRecords
    {
        public Dictionary<string, string[]> Texts { get; } = new(StringComparer.Ordinal);

        public Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>(Texts.GetValueOrDefault(name, []));
    }
}
