using System.Net;
using System.Net.Sockets;
using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>What a hostile program must not see or reach, under bubblewrap.</summary>
public sealed class BubblewrapWallsTests() : WallsTests(SandboxDriver.Bubblewrap);

/// <summary>The same in a container.</summary>
public sealed class ContainerWallsTests() : WallsTests(SandboxDriver.Container);

/// <summary>What a hostile program must not see or reach.</summary>
public abstract class WallsTests(SandboxDriver driver) : IDisposable
{
    private readonly SandboxUnderTest _box = new(driver: driver);

    public void Dispose()
    {
        _box.Dispose();
        GC.SuppressFinalize(this);
    }

    [Fact]
    public async Task This_machine_gives_the_full_level_to_a_server_that_runs_as_root()
    {
        var report = await _box.Sandbox.ReportAsync(TestContext.Current.CancellationToken);
        report.Available.ShouldBeTrue(report.Reason);
        report.Level.ShouldBe(Libc.GetEffectiveUser() == 0 ? IsolationLevel.Full : IsolationLevel.Reduced, report.Reason);
    }

    [Theory]
    [Trait("battery", "1")]
    [Trait("battery", "7")]
    [InlineData("cat /etc/shadow")]
    [InlineData("ls -A /root")]
    [InlineData("ls /home | grep -v '^agent$'")]
    [InlineData("ls /var /srv /opt /mnt /run /boot /sys")]
    [InlineData("head -c 1 /proc/kcore")]
    [InlineData("echo b > /proc/sysrq-trigger")]
    [InlineData("echo x > /usr/bin/planted")]
    [InlineData("echo x > /etc/planted")]
    [InlineData("mknod /tmp/disk b 8 0")]
    [InlineData("mount -t tmpfs none /tmp")]
    [InlineData("chroot / true")]
    [InlineData("unshare -U true")]
    [InlineData("unshare -r -m true")]
    [InlineData("hostname planted")]
    public async Task The_host_is_absent_or_out_of_reach(string attempt)
    {
        var exit = await _box.ShellAsync(attempt);
        exit.ExitCode.ShouldNotBe(0, exit.Output.Text);
        exit.Output.Text.ShouldBeEmpty();
    }

    [Fact]
    [Trait("battery", "1")]
    public async Task Files_of_the_server_are_absent()
    {
        var secret = Path.Combine(_box.DataPath, "secret");
        await File.WriteAllTextAsync(secret, "the database", TestContext.Current.CancellationToken);
        var exit = await _box.ShellAsync($"cat '{secret}' '{_box.DataPath}/codexos.db'; ls '{_box.DataPath}'");
        exit.Output.Text.ShouldBeEmpty();
        exit.ExitCode.ShouldNotBe(0);
    }

    [Fact]
    [Trait("battery", "2")]
    public async Task Neither_environment_nor_command_line_of_the_launcher_can_be_read()
    {
        Environment.SetEnvironmentVariable("CODEXOS_PLANTED_SECRET", "planted-value");
        var exit = await _box.ShellAsync(
            "env; for p in /proc/[0-9]*; do tr '\\0' '\\n' < $p/environ; tr '\\0' ' ' < $p/cmdline; echo; done; cat /proc/cmdline");
        exit.Output.Text.ShouldNotContain("planted", Case.Insensitive);
        exit.Output.Text.ShouldNotContain("bwrap");
        exit.Output.Text.ShouldNotContain("setpriv");
        exit.Output.Text.ShouldNotContain(_box.DataPath);
        exit.Output.Text.ShouldNotContain("BOOT_IMAGE");
    }

    [Fact]
    public async Task What_the_system_gains_while_the_server_runs_is_there_for_the_next_program()
    {
        if (Libc.GetEffectiveUser() != 0) return;
        const string show = "cat /etc/ld.so.conf.d/codexos-test-*.conf 2> /dev/null; cat /etc/passwd";
        (await _box.ShellAsync(show)).Output.Text.ShouldStartWith("agent:x:1000:1000:");
        var added = $"/etc/ld.so.conf.d/codexos-test-{driver}-{Environment.ProcessId}.conf";
        try
        {
            await File.WriteAllTextAsync(added, "# added\n", TestContext.Current.CancellationToken);
            (await _box.ShellAsync(show)).Output.Text.ShouldStartWith("# added\nagent:x:1000:1000:");
        }
        finally
        {
            File.Delete(added);
        }
    }

    [Fact]
    [Trait("battery", "3")]
    public async Task A_descriptor_that_the_server_left_inheritable_is_not_inherited()
    {
        using var temp = new TempDirectory();
        await File.WriteAllTextAsync(temp.In("leak"), "leaked", TestContext.Current.CancellationToken);
        using var planted = OpenInheritable(temp.In("leak"));
        // The listing itself uses one descriptor.
        var exit = await _box.ShellAsync("ls /proc/self/fd | tr '\\n' ' '; grep -l leaked /proc/self/fd/[3-9]*");
        exit.Output.Text.ShouldBe("0 1 2 3 ");
    }

    [Fact]
    [Trait("battery", "32")]
    public async Task There_is_no_network_at_all()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        var exit = await PythonAsync(
            $"""
            import socket
            def attempt(what, action):
                try:
                    action(); print(what, 'REACHED')
                except OSError as error:
                    print(what, 'refused')
            def tcp(host, port): socket.create_connection((host, port), 2).send(b'x')
            def udp(host, port):
                s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM); s.sendto(b'x', (host, port))
            attempt('host', lambda: tcp('127.0.0.1', {port}))
            attempt('tcp', lambda: tcp('8.8.8.8', 53))
            attempt('udp', lambda: udp('8.8.8.8', 53))
            attempt('metadata', lambda: tcp('169.254.169.254', 80))
            attempt('dns', lambda: socket.getaddrinfo('example.org', 80))
            attempt('ipv6', lambda: socket.create_connection(('2001:4860:4860::8888', 53), 2))
            """);
        exit.Output.Text.ShouldNotContain("REACHED");
        exit.Output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length.ShouldBe(6, exit.Error.Text);
        listener.Pending().ShouldBeFalse();
    }

    [Fact]
    [Trait("battery", "4")]
    public async Task Sixty_hostile_system_calls_are_all_refused()
    {
        // Each is called with arguments of zero; a call that were let through would answer with another error or none.
        var exit = await PythonAsync(
            """
            import ctypes, errno
            libc = ctypes.CDLL(None, use_errno=True)
            numbers = [101,103,134,136,139,153,154,155,156,159,161,163,164,165,166,167,168,169,170,171,172,173,174,175,176,
                       177,178,179,180,212,227,237,246,248,249,250,256,272,279,298,300,301,303,304,305,308,310,311,312,313,
                       320,321,323,425,426,427,428,429,430,431,432,433,438,440,442,443,447,448,457,458]
            for number in numbers:
                ctypes.set_errno(0)
                result = libc.syscall(number, 0, 0, 0, 0, 0, 0)
                if result != -1 or ctypes.get_errno() != errno.EPERM: print('let through', number, result, ctypes.get_errno())
            print('tried', len(numbers))
            """);
        exit.Output.Text.ShouldBe("tried 70\n", exit.Error.Text);
    }

    [Fact]
    [Trait("battery", "5")]
    [Trait("battery", "6")]
    [Trait("battery", "7")]
    public async Task Special_arguments_of_ordinary_system_calls_are_refused()
    {
        var exit = await PythonAsync(
            """
            import ctypes, errno, fcntl, socket
            libc = ctypes.CDLL(None, use_errno=True)
            def expect(what, number, want, *arguments):
                ctypes.set_errno(0)
                result = libc.syscall(number, *[ctypes.c_long(a) for a in arguments])
                if result != -1 or ctypes.get_errno() != want: print('let through', what, result, ctypes.get_errno())
            for name, flag in dict(ns=0x20000, cgroup=0x2000000, uts=0x4000000, ipc=0x8000000, user=0x10000000,
                                   pid=0x20000000, net=0x40000000).items():
                expect('clone ' + name, 56, errno.EPERM, flag | 17, 0, 0, 0, 0)
            expect('clone3', 435, errno.ENOSYS, 0, 0)
            expect('unknown call', 480, errno.ENOSYS)
            expect('x32 call', 0x40000000 | 39, errno.EPERM)
            expect('personality', 135, errno.EPERM, 0x0040000)
            for family in [3, 4, 5, 9, 15, 17, 21, 26, 29, 30, 31, 38, 40, 44]:
                expect('family %d' % family, 41, errno.EAFNOSUPPORT, family, 3, 0)
            for request in [0x5412, 0x541C]:
                expect('ioctl %x' % request, 16, errno.EPERM, 0, request, 0)
            print('done')
            """);
        exit.Output.Text.ShouldBe("done\n", exit.Error.Text);
    }

    [Fact]
    [Trait("battery", "6")]
    public async Task A_system_call_of_the_32_bit_kind_kills_the_program()
    {
        // mov eax, 20 (getpid); int 0x80; ret
        var exit = await PythonAsync(
            """
            import ctypes, mmap
            page = mmap.mmap(-1, 4096, prot=7)
            page.write(bytes([0xb8, 20, 0, 0, 0, 0xcd, 0x80, 0xc3]))
            code = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(page)))
            print('ready', flush=True)
            print('let through', code())
            """);
        exit.Output.Text.ShouldBe("ready\n", exit.Error.Text);
        // SIGSYS by the filter, or SIGSEGV by a kernel that does not know such calls.
        exit.ExitCode.ShouldBeOneOf(128 + 31, 128 + 11);
    }

    [Fact]
    public async Task A_program_holds_no_privileges_and_cannot_gain_any()
    {
        var exit = await _box.ShellAsync("id -u; grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status; cat /proc/self/uid_map");
        var lines = exit.Output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldBe("1000");
        lines.Where(line => line.StartsWith("Cap", StringComparison.Ordinal)).ShouldAllBe(line =>
            line.EndsWith("\t0000000000000000"));
        lines.ShouldContain("NoNewPrivs:\t1");
        lines.ShouldContain("Seccomp:\t2");
    }

    [Fact]
    public async Task As_root_files_come_to_belong_to_the_workspaces_own_user()
    {
        await _box.ShellAsync("echo made > made");
        using var folder = Folder.Open(_box.Folder);
        var facts = folder.FactsOf(Folder.Name("made"))!.Value;
        facts.User.ShouldBe(Libc.GetEffectiveUser() == 0 ? SandboxUnderTest.User : Libc.GetEffectiveUser());
    }

    [Fact]
    public async Task A_path_that_is_made_read_only_cannot_be_written_or_replaced()
    {
        await _box.ShellAsync("mkdir -p .git/hooks; echo kept > .git/config");
        var command = _box.Command(
            ["/bin/sh", "-c", "echo x > .git/config; echo x > .git/hooks/pre-commit; rm -rf .git/hooks; mv .git/config c; cat .git/config"],
            30,
            null) with
        { ReadOnlyPaths = [".git/config", ".git/hooks"] };
        var exit = (await _box.Sandbox.RunAsync(command, TestContext.Current.CancellationToken)).Value;
        exit.Output.Text.ShouldBe("kept\n", exit.Error.Text);
        Directory.GetFileSystemEntries(Path.Combine(_box.Folder, ".git/hooks")).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_folder_that_is_read_only_cannot_be_written()
    {
        var command = _box.Command(["/bin/sh", "-c", "touch x"], 30, null) with { FolderIsReadOnly = true };
        var exit = (await _box.Sandbox.RunAsync(command, TestContext.Current.CancellationToken)).Value;
        exit.ExitCode.ShouldNotBe(0);
        Directory.GetFileSystemEntries(_box.Folder).ShouldBeEmpty();
    }

    private async Task<SandboxExit> PythonAsync(string program) => (await _box.RunAsync("/usr/bin/python3", "-c", program)).Value;

    private static unsafe Microsoft.Win32.SafeHandles.SafeFileHandle OpenInheritable(string path)
    {
        fixed (byte* name = Encoding.UTF8.GetBytes(path + '\0'))
            return new(SystemError.Check(Libc.Open(name, 0, 0), "Opening"), ownsHandle: true);
    }
}
