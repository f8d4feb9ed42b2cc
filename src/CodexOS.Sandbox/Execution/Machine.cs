using System.Collections.Immutable;
using System.Runtime.InteropServices;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;

namespace CodexOS.Sandbox.Execution;

/// <summary>What this machine gives: settings and groups to run sandboxes with, and the report about them.</summary>
/// <param name="Settings">Null if nothing can be executed.</param>
/// <param name="Launch">The driver; null if nothing can be executed.</param>
/// <param name="Groups">Null if there are none to use.</param>
/// <param name="Report">What people are told.</param>
internal sealed record MachineState(
    LaunchSettings? Settings, ILaunch? Launch, ControlGroups? Groups, IsolationReport Report);

/// <summary>
/// Finds out what isolation this machine gives, by starting a sandbox that tests its own walls. A good answer is kept for
/// the life of the process; a bad one for half a minute, so that installing what is missing needs no restart.
/// </summary>
internal sealed class Machine(SandboxOptions options, string dataPath, TimeProvider clock) : IDisposable
{
    private static readonly TimeSpan s_askAgainAfter = TimeSpan.FromSeconds(30);
    private readonly SemaphoreSlim _one = new(1);
    private MachineState? _state;
    private long _asked;

    public async ValueTask<MachineState> ReadAsync(CancellationToken cancellationToken)
    {
        if (Fresh() is { } known) return known;
        await _one.WaitAsync(cancellationToken);
        try
        {
            if (Fresh() is { } meanwhile) return meanwhile;
            _state = await FindOutAsync();
            _asked = clock.GetTimestamp();
            return _state;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose()
    {
        _state?.Groups?.Dispose();
        _state?.Launch?.Dispose();
        _one.Dispose();
    }

    private MachineState? Fresh() =>
        _state is { } state && (state.Report.Available || clock.GetElapsedTime(_asked) < s_askAgainAfter) ? state : null;

    private async Task<MachineState> FindOutAsync()
    {
        if (RuntimeInformation.ProcessArchitecture != Architecture.X64)
        {
            return Nothing(
                "The sandbox's system-call filter is written for x86-64, and nothing is executed without it.");
        }

        var (groups, whyNoGroups) = ControlGroups.Detect(
            options, dataPath, File.ReadAllText("/proc/self/mountinfo"), File.ReadAllText("/proc/self/cgroup"));
        if (!LaunchSettings.Read(options, groups is not null).TryGet(out var settings, out var missing))
        {
            groups?.Dispose();
            return Nothing(missing.Message);
        }

        ILaunch launch;
        const string folder = "/run/codexos";
        try
        {
            // Only root has a place of its own that the users inside can reach.
            launch = options.Driver is SandboxDriver.Container
                ? new ContainerLaunch(settings, $"{folder}/{ControlGroups.NameOf(dataPath)}")
                : new BubblewrapLaunch(settings, settings.IsRoot ? new EtcFolder(settings, folder) : null);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            groups?.Dispose();
            return Nothing($"The folder {folder} cannot be made: {error.Message}");
        }

        if (await TryOutAsync(settings, launch, groups) is { } failed)
        {
            launch.Dispose();
            groups?.Dispose();
            return Nothing(failed.Message);
        }

        ImmutableArray<IsolationGuard> guards =
        [
            new("namespaces", true, $"Own processes, mounts, users and network by {launch.Driver}; the network is empty."),
            new("systemCalls", true, "A filter refuses rarely used and privileged system calls."),
            new("controlGroups", groups is not null, groups is not null
                ? $"Memory, processes and processor time are limited by {groups.Description}."
                : $"Memory and processes are limited per process only: {whyNoGroups}."),
            new("users", settings.IsRoot, settings.IsRoot
                ? "Each workspace has a user of its own."
                : "All sandboxes run as the server's user. Run the server as root to give each workspace its own."),
        ];
        var reason = settings.Level == IsolationLevel.Full
            ? "All guards stand."
            : string.Join(' ', guards.Where(guard => !guard.Stands).Select(guard => guard.Note));
        return new MachineState(settings, launch, groups, new IsolationReport(true, settings.Level, reason, guards));
    }

    private async Task<Fault?> TryOutAsync(LaunchSettings settings, ILaunch launch, ControlGroups? groups)
    {
        // It must see no network but its own loopback, no privileges, an empty control-group-free environment of its own.
        const string walls =
            """
            [ "$(ls /sys/class/net 2>/dev/null)" = "" ] && [ "$(id -u)" = 1000 ] || exit 1
            while read -r name value; do
              case "$name" in CapEff:|CapBnd:) [ "$value" = 0000000000000000 ] || exit 2;; NoNewPrivs:) [ "$value" = 1 ] || exit 3;;
              Seccomp:) [ "$value" = 2 ] || exit 4;; esac
            done < /proc/self/status
            if unshare -U true 2> /dev/null; then exit 5; fi
            """;
        var slot = groups?.Take();
        try
        {
            var command = new SandboxCommand(["/bin/sh", "-c", walls], TimeSpan.FromSeconds(20))
            {
                User = (uint)options.UserIdFirst,
            };
            using var pipes = new ProgramPipes(isKept: false);
            var thread = new SandboxThread(settings, launch, command, slot, pipes, clock, CancellationToken.None);
            if (!(await thread.RunAsync()).TryGet(out var exit, out var fault)) return fault;
            return exit is { End: SandboxEnd.Exited, ExitCode: 0 }
                ? null
                : SandboxFaults.Unavailable(
                    $"A sandbox starts on this machine, but its walls do not stand (test {exit.ExitCode}). Nothing is executed.");
        }
        catch (IOException error)
        {
            return SandboxFaults.Unavailable($"A sandbox cannot be started on this machine: {error.Message}");
        }
        catch (EntryPointNotFoundException error)
        {
            return SandboxFaults.Unavailable($"The sandbox needs the GNU C library 2.34 or newer: {error.Message}");
        }
        finally
        {
            if (slot is not null) groups!.Return(slot);
        }
    }

    private static MachineState Nothing(string why) =>
        new(null, null, null, new IsolationReport(false, IsolationLevel.None, why, []));
}
