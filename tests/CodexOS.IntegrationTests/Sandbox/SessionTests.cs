using System.Globalization;
using System.Text;
using CodexOS.Platform.Ids;
using CodexOS.Sandbox.Contracts;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>A program that is kept and talked to: what goes through, what ends it, and that nothing of it stays.</summary>
public sealed class SessionTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(30);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Megabytes_go_in_and_come_back_unchanged()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("exec cat");
        var sent = new byte[8 << 20];
        new Random(7).NextBytes(sent);
        var writing = WriteAndCloseAsync(session, sent);
        var received = await ReadAllAsync(session);
        await writing;
        received.AsSpan().SequenceEqual(sent).ShouldBeTrue();
        var exit = await session.Completion;
        (exit.End, exit.ExitCode, exit.Output.TotalBytes).ShouldBe((SandboxEnd.Exited, 0, sent.Length));
    }

    [Fact]
    public async Task Questions_are_answered_one_by_one_and_the_state_is_kept()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("sum=0; while read -r n; do sum=$((sum + n)); echo $sum; done; echo over >&2; exit 5");
        for (int i = 1, sum = 1; i <= 200; i++, sum += i) (await AskAsync(session, $"{i}\n")).ShouldBe($"{sum}\n");
        await session.Input.DisposeAsync();
        var exit = await session.Completion.WaitAsync(s_soon, TimeProvider.System, Token);
        (exit.End, exit.ExitCode, exit.Error.Text).ShouldBe((SandboxEnd.Exited, 5, "over\n"));
    }

    [Fact]
    public async Task The_walls_are_those_of_a_program_that_runs_to_its_end()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync(
            "id -u; grep -E '^(CapEff|NoNewPrivs|Seccomp):' /proc/self/status; ls /sys/class/net /root /var 2> /dev/null; ls /proc/self/fd | tr '\\n' ' '");
        Encoding.UTF8.GetString(await ReadAllAsync(session)).ShouldBe(
            "1000\nCapEff:\t0000000000000000\nNoNewPrivs:\t1\nSeccomp:\t2\n0 1 2 3 ");
        session.Level.ShouldBe((await box.Sandbox.ReportAsync(Token)).Level);
    }

    [Fact]
    public async Task Writing_to_a_program_that_never_reads_waits_and_can_be_given_up()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("echo here; exec sleep 600");
        (await AskAsync(session, "")).ShouldBe("here\n");
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var writing = session.Input.WriteAsync(new byte[4 << 20], enough.Token).AsTask();
        writing.IsCompleted.ShouldBeFalse();
        await enough.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(writing);
        await session.DisposeAsync();
        (await session.Completion).End.ShouldBe(SandboxEnd.Closed);
    }

    [Fact]
    public async Task A_waiting_writer_learns_that_the_program_has_died()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("exec head -c 100000 > /dev/null");
        await Should.ThrowAsync<IOException>(session.Input.WriteAsync(new byte[4 << 20], Token).AsTask().WaitAsync(s_soon, TimeProvider.System, Token));
        (await session.Completion).End.ShouldBe(SandboxEnd.Exited);
        await Should.ThrowAsync<IOException>(async () => await session.Input.WriteAsync("x"u8.ToArray(), Token));
    }

    [Fact]
    public async Task A_program_that_floods_is_held_up_until_somebody_reads_and_killed_at_its_limit()
    {
        using var box = new SandboxUnderTest(options => options.SessionOutputBytesMax = 1 << 20);
        await using var session = await box.KeepAsync("head -c 100000000 /dev/zero; echo ended > ended");
        // Held up: it cannot have ended, for it wrote a hundred megabytes to nobody.
        (await AskAsync(session, "")).Length.ShouldBeGreaterThan(0);
        File.Exists(Path.Combine(box.Folder, "ended")).ShouldBeFalse();
        var rest = await ReadAllAsync(session);
        rest.Length.ShouldBeLessThan(1 << 20);
        var exit = await session.Completion.WaitAsync(s_soon, TimeProvider.System, Token);
        exit.End.ShouldBe(SandboxEnd.OutputTooLarge);
        exit.Output.TotalBytes.ShouldBe(1 << 20);
        File.Exists(Path.Combine(box.Folder, "ended")).ShouldBeFalse();
    }

    [Fact]
    public async Task What_a_dead_program_wrote_can_still_be_read()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("echo last words; kill -9 $$");
        (await session.Completion.WaitAsync(s_soon, TimeProvider.System, Token)).ExitCode.ShouldBe(137);
        Encoding.UTF8.GetString(await ReadAllAsync(session)).ShouldBe("last words\n");
        (await session.Output.ReadAsync(new byte[1], Token)).ShouldBe(0);
    }

    [Fact]
    public async Task Standard_error_is_passed_on_and_cut_to_its_limit()
    {
        using var box = new SandboxUnderTest(options => options.OutputBytesMax = 4096);
        var heard = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);
        var command = box.Command(["/bin/sh", "-c", "echo warning >&2; read -r go; head -c 1000000 /dev/zero | tr '\\0' e >&2"], 60, text => heard.TrySetResult(text));
        await using var session = (await box.TryKeepAsync(command)).Value;
        (await heard.Task.WaitAsync(s_soon, TimeProvider.System, Token)).ShouldBe("warning\n");
        await session.Input.WriteAsync("go\n"u8.ToArray(), Token);
        var exit = await session.Completion.WaitAsync(s_soon, TimeProvider.System, Token);
        (exit.Error.TotalBytes, exit.Error.IsTruncated).ShouldBe((1_000_008, true));
        exit.Error.Text.Length.ShouldBeLessThan(4200);
    }

    [Fact]
    public async Task At_the_end_of_its_time_it_is_killed_with_all_that_it_started()
    {
        using var box = new SandboxUnderTest();
        await using var session = await box.KeepAsync("(setsid sleep 43219.5 &); exec sleep 43219.5", timeSeconds: 2);
        (await ReadAllAsync(session)).ShouldBeEmpty();
        (await session.Completion).End.ShouldBe(SandboxEnd.TimedOut);
        HostProcesses.With("43219.5").ShouldBeEmpty();
    }

    [Fact]
    public async Task Disposing_leaves_no_process_and_frees_its_place()
    {
        using var box = new SandboxUnderTest(options => (options.SandboxesMax, options.SessionsMax) = (2, 1));
        for (var i = 0; i < 3; i++)
        {
            var session = await box.KeepAsync("(setsid sh -c 'trap \"\" TERM; sleep 32198.5' &); sleep 32198.5");
            await HostProcesses.AtLeastAsync(2, "32198.5", Token);
            await Task.WhenAll(session.DisposeAsync().AsTask(), session.DisposeAsync().AsTask());
            HostProcesses.With("32198.5").ShouldBeEmpty();
            (await session.Completion).End.ShouldBe(SandboxEnd.Closed);
        }
    }

    [Fact]
    public async Task Disposing_the_sandbox_ends_what_is_kept()
    {
        var box = new SandboxUnderTest();
        var session = await box.KeepAsync("sleep 21987.5");
        await HostProcesses.AtLeastAsync(1, "21987.5", Token);
        box.Dispose();
        await session.Completion.WaitAsync(s_soon, TimeProvider.System, Token);
        HostProcesses.With("21987.5").ShouldBeEmpty();
        await session.DisposeAsync();
    }

    [Fact]
    public async Task Nothing_survives_a_server_that_is_killed()
    {
        var marker = string.Create(CultureInfo.InvariantCulture, $"{19876.5 + Environment.ProcessId}");
        using var victim = SandboxVictim.Start(marker, isKept: true);
        (await victim.StandardOutput.ReadLineAsync(Token).AsTask().WaitAsync(s_soon * 2, TimeProvider.System, Token))
            .ShouldBe("started");
        var sandboxed = await HostProcesses.AtLeastAsync(2, marker, Token);
        victim.Kill();
        sandboxed.ShouldAllBe(process => HostProcesses.AwaitEnd(process, s_soon));
        HostProcesses.With(marker).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_tenant_keeps_so_many_and_all_tenants_never_all_places()
    {
        using var box = new SandboxUnderTest(options =>
            (options.SandboxesMax, options.SessionsMax, options.SessionsPerTenantMax) = (4, 10, 2));
        var command = box.Command(["/bin/cat"], 60, null);
        var (one, other) = (TenantId.New(TimeProvider.System), TenantId.New(TimeProvider.System));
        await using var first = (await box.TryKeepAsync(command, one)).Value;
        await using var second = (await box.TryKeepAsync(command, one)).Value;
        (await box.TryKeepAsync(command, one)).Fault.Code.ShouldBe("sandbox.sessions_max");
        var third = (await box.TryKeepAsync(command, other)).Value;
        (await box.TryKeepAsync(command, other)).Fault.Code.ShouldBe("sandbox.sessions_max");
        // The last place is for programs that run to their end.
        (await box.ShellAsync("echo free")).Output.Text.ShouldBe("free\n");
        await third.DisposeAsync();
        await using var again = (await box.TryKeepAsync(command, other)).Value;
    }

    [Fact]
    public async Task Giving_up_while_it_waits_for_a_place_leaves_nothing_taken()
    {
        using var box = new SandboxUnderTest(options => (options.SandboxesMax, options.SessionsMax) = (2, 1));
        var release = Path.Combine(box.Folder, "release");
        var busy = Enumerable.Range(0, 2).Select(i => box.ShellAsync($"touch busy{i}; while [ ! -e release ]; do sleep 0.01; done")).ToList();
        while (Directory.GetFiles(box.Folder, "busy*").Length < 2) await Task.Yield();
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var starting = box.TryKeepAsync(box.Command(["/bin/cat"], 60, null), cancellationToken: stop.Token);
        await stop.CancelAsync();
        await Should.ThrowAsync<OperationCanceledException>(starting);
        await File.WriteAllTextAsync(release, "", Token);
        await Task.WhenAll(busy);
        await using var session = await box.KeepAsync("exec cat");
        (await AskAsync(session, "x\n")).ShouldBe("x\n");
    }

    [Fact]
    public async Task A_sandbox_that_cannot_be_set_up_is_a_fault_and_takes_no_place()
    {
        using var box = new SandboxUnderTest(options => (options.SandboxesMax, options.SessionsMax) = (2, 1));
        for (var i = 0; i < 3; i++)
        {
            var command = box.Command(["/bin/cat"], 60, null) with { Folder = "/nowhere/at/all", FolderIsReadOnly = true };
            (await box.TryKeepAsync(command)).Fault.Code.ShouldBe("sandbox.unavailable");
        }

        await using var session = await box.KeepAsync("exec cat");
        (await AskAsync(session, "fine\n")).ShouldBe("fine\n");
    }

    private static async Task<string> AskAsync(ISandboxSession session, string question)
    {
        await session.Input.WriteAsync(Encoding.UTF8.GetBytes(question), Token);
        var buffer = new byte[64 << 10];
        var count = await session.Output.ReadAsync(buffer, Token).AsTask().WaitAsync(s_soon, TimeProvider.System, Token);
        return Encoding.UTF8.GetString(buffer, 0, count);
    }

    private static async Task WriteAndCloseAsync(ISandboxSession session, byte[] bytes)
    {
        await session.Input.WriteAsync(bytes, Token);
        await session.Input.DisposeAsync();
    }

    private static async Task<byte[]> ReadAllAsync(ISandboxSession session)
    {
        using var all = new MemoryStream();
        await session.Output.CopyToAsync(all, Token).WaitAsync(s_soon * 2, TimeProvider.System, Token);
        return all.ToArray();
    }
}
