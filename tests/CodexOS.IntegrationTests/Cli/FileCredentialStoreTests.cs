using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Cli;

public sealed class FileCredentialStoreTests : IDisposable
{
    private static readonly Uri s_server = new("http://127.0.0.1:7420");

    private readonly TemporaryFolder _folder = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_session_is_kept_for_its_owner_only_even_if_the_file_was_open_to_others()
    {
        var path = _folder.At("deep/credentials.json");
        using var store = new FileCredentialStore(path);
        await KeepAsync(store, "one");
        File.SetUnixFileMode(path, (UnixFileMode)Convert.ToInt32("666", 8));

        await KeepAsync(store, "two");

        File.GetUnixFileMode(path).ShouldBe((UnixFileMode)Convert.ToInt32("600", 8));
        File.GetUnixFileMode(_folder.At("deep")).ShouldBe((UnixFileMode)Convert.ToInt32("700", 8));
        (await store.ReadAsync(new Uri("http://127.0.0.1:7420/"), Stop))!.AccessToken.ShouldBe("two");
    }

    [Fact]
    public async Task Each_server_has_its_own_session()
    {
        using var store = new FileCredentialStore(_folder.At("c.json"));
        await KeepAsync(store, "one");

        (await store.ReadAsync(new Uri("http://elsewhere:7420"), Stop)).ShouldBeNull();
    }

    [Fact]
    public async Task Changes_of_two_processes_happen_one_after_the_other()
    {
        using var one = new FileCredentialStore(_folder.At("c.json"));
        using var two = new FileCredentialStore(_folder.At("c.json"));
        await KeepAsync(one, "0");

        // Each adds one to what it reads: any overlap would lose a step.
        await Task.WhenAll(Enumerable.Range(0, 20).Select(i => (i % 2 == 0 ? one : two).UpdateAsync(
            s_server,
            async (present, token) =>
            {
                await Task.Yield();
                return new Credentials($"{int.Parse(present!.AccessToken) + 1}");
            },
            Stop)));

        (await one.ReadAsync(s_server, Stop))!.AccessToken.ShouldBe("20");
    }

    [Fact]
    public async Task A_lock_that_is_never_given_back_is_a_timeout_that_names_the_file()
    {
        using var store = new FileCredentialStore(_folder.At("c.json")) { LockTimeout = TimeSpan.FromMilliseconds(60) };
        using var held = new FileStream(
            _folder.At("c.json.lock"), FileMode.Create, FileAccess.ReadWrite, FileShare.None);

        var failure = await Should.ThrowAsync<CodexOSException>(() => KeepAsync(store, "one"));

        failure.Code.ShouldBe("client.credentials_locked");
        failure.Message.ShouldContain("c.json.lock");
    }

    [Fact]
    public async Task A_change_that_fails_leaves_everything_as_it_was()
    {
        using var store = new FileCredentialStore(_folder.At("c.json"));
        await KeepAsync(store, "one");

        await Should.ThrowAsync<TimeoutException>(
            () => store.UpdateAsync(s_server, (_, _) => throw new TimeoutException(), Stop));

        (await store.ReadAsync(s_server, Stop))!.AccessToken.ShouldBe("one");
        Directory.GetFiles(_folder.Path).Length.ShouldBe(2);
    }

    [Fact]
    public async Task A_broken_file_says_how_to_mend_it()
    {
        _folder.Write("c.json", "{ not json");
        using var store = new FileCredentialStore(_folder.At("c.json"));

        var failure = await Should.ThrowAsync<CodexOSException>(() => store.ReadAsync(s_server, Stop));

        failure.Code.ShouldBe("client.bad_credentials_file");
        failure.Message.ShouldContain("Delete it and sign in again");
    }

    [Fact]
    public void Credentials_do_not_print_their_secrets() =>
        $"{new Credentials("secret-access", null, "secret-refresh", "ada@example.org")}".ShouldNotContain("secret");

    private static Task KeepAsync(FileCredentialStore store, string token) =>
        store.UpdateAsync(s_server, (_, _) => Task.FromResult<Credentials?>(new Credentials(token)), Stop);
}
