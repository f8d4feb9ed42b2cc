using System.Globalization;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>Programs of two tenants at the same time, under each driver.</summary>
public sealed class TwoTenantsTests
{
    private static readonly TimeSpan s_soon = TimeSpan.FromSeconds(60);

    [Theory]
    [Trait("battery", "19")]
    [InlineData(SandboxDriver.Bubblewrap)]
    [InlineData(SandboxDriver.Container)]
    public async Task They_share_no_user_no_file_no_process_and_no_port(SandboxDriver driver)
    {
        using var box = new SandboxUnderTest(driver: driver);
        using var folders = new TempDirectory();
        File.SetUnixFileMode(folders.Path, (UnixFileMode)0x1C9);
        var one = Begin(box, folders, "one", 201_001, other: "two");
        var two = Begin(box, folders, "two", 201_002, other: "one");
        await Task.WhenAll(one.Ready, two.Ready).WaitAsync(s_soon, TimeProvider.System, TestContext.Current.CancellationToken);

        // Both are there now, and listen on the same port.
        var users = new List<string>();
        foreach (var name in (string[])["one", "two"])
        {
            // What starts the program has the marker among its arguments too.
            var process = HostProcesses.With(Marker(driver, name))
                .Where(id => File.ReadAllText($"/proc/{id}/comm") == "python3\n").ShouldHaveSingleItem();
            users.Add(File.ReadLines($"/proc/{process}/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)));
        }

        if (Libc.GetEffectiveUser() == 0) users[0].ShouldNotBe(users[1]);
        foreach (var name in (string[])["one", "two"])
            await File.WriteAllTextAsync(folders.In(name, "go"), "", TestContext.Current.CancellationToken);
        foreach (var (name, running) in (IEnumerable<(string, Task<SandboxExit>)>)[("one", one.Exit), ("two", two.Exit)])
        {
            var exit = await running;
            exit.Output.Text.ShouldBe($"ready\n{name} {name} {name}\nown port {name}\n", exit.Error.Text);
        }

        Directory.GetFiles(folders.In("one")).Select(Path.GetFileName).Order().ShouldBe(["go", "mine"]);
    }

    private static string Marker(SandboxDriver driver, string name) =>
        string.Create(CultureInfo.InvariantCulture, $"two-tenants-{driver}-{name}-{Environment.ProcessId}");

    private static (Task Ready, Task<SandboxExit> Exit) Begin(
        SandboxUnderTest box, TempDirectory folders, string name, uint user, string other)
    {
        var folder = Directory.CreateDirectory(folders.In(name)).FullName;
        if (Libc.GetEffectiveUser() == 0)
        {
            using var given = Folder.Open(folder);
            Folder.Give(given.Handle, user);
        }

        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        const string program =
            """
            import os, socket, sys, time
            name, other = sys.argv[1], sys.argv[2]
            for place in ('/tmp', '/dev/shm', '/workspace'):
                open(place + '/mine', 'w').write(name)
            own = socket.socket()
            own.bind(('127.0.0.1', 5555))
            own.listen()
            print('ready', flush=True)
            while not os.path.exists('/workspace/go'):
                time.sleep(0.01)
            print(*[open(place + '/mine').read() for place in ('/tmp', '/dev/shm', '/workspace')])
            peer = socket.create_connection(('127.0.0.1', 5555), 5)
            accepted = own.accept()[0]
            accepted.send(name.encode())
            print('own port', peer.recv(100).decode())
            for process in filter(str.isdigit, os.listdir('/proc')):
                if '-%s-' % other in open('/proc/%s/cmdline' % process).read():
                    print('sees', other)
            """;
        var command = new SandboxCommand(
            ["/usr/bin/python3", "-c", program, name, other, Marker(box.Driver, name)], TimeSpan.FromMinutes(2))
        {
            Folder = folder,
            User = user,
            OnOutput = _ => ready.TrySetResult(),
        };
        return (ready.Task, RunAsync(box, command));
    }

    private static async Task<SandboxExit> RunAsync(SandboxUnderTest box, SandboxCommand command) =>
        (await box.Sandbox.RunAsync(command, TestContext.Current.CancellationToken)).Value;
}
