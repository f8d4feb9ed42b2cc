using System.Collections.Immutable;
using CodexOS.Platform.Installation;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Execution;

/// <summary>What <c>GET /system</c> and <c>codexos doctor</c> tell of the sandbox.</summary>
/// <param name="Available">Whether programs can be executed.</param>
/// <param name="Level">How well they are kept apart.</param>
/// <param name="Reason">What is missing and how to get it, or that nothing is.</param>
/// <param name="Guards">Each guard and whether it stands.</param>
/// <param name="Drivers">What could build the walls, and what does.</param>
/// <param name="Languages">What programs inside find.</param>
/// <param name="Layers">Whether steps share files with the version of the workspace before, or copy them.</param>
public sealed record SandboxState(
    bool Available,
    IsolationLevel Level,
    string Reason,
    ImmutableArray<IsolationGuard> Guards,
    ImmutableArray<SandboxDriverState> Drivers,
    ImmutableArray<SandboxLanguage> Languages,
    SandboxLayers Layers);

/// <summary>Whether steps work on a layer over files that versions share.</summary>
/// <param name="Work">Whether layers work on this machine and disk.</param>
/// <param name="Note">What that means, and how to get them if they do not.</param>
public sealed record SandboxLayers(bool Work, string Note);

/// <summary>Something that could build the walls.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Installed">Whether it is on this machine.</param>
/// <param name="InUse">Whether it is the one that is used.</param>
/// <param name="Note">How to get or use it.</param>
public sealed record SandboxDriverState(string Name, bool Installed, bool InUse, string Note);

/// <summary>A language that programs inside may use.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Usable">Whether it works inside.</param>
/// <param name="Version">What it says of itself; empty if it does not work.</param>
public sealed record SandboxLanguage(string Name, bool Usable, string Version);

/// <summary>The sandbox's member of <c>GET /system</c>.</summary>
internal sealed class SandboxFact(ISandbox sandbox, WorkspacePlaces places, IOptions<SandboxOptions> given) : ISystemFact
{
    // One line for each language that works: its name, a tab, what it says of itself.
    private const string Probe =
        """
        tell() { name=$1; shift; said=$("$@" 2> /dev/null | head -n 1) && [ -n "$said" ] && printf '%s\t%s\n' "$name" "$said"; }
        tell shell sh -c 'echo sh'
        tell python python3 --version
        tell node node --version
        echo 'const said: string = process.version; console.log(said)' > /tmp/probe.ts
        tell typescript node --experimental-strip-types /tmp/probe.ts
        echo 'int main(void) { return 0; }' > /tmp/probe.c
        gcc -o /tmp/probe /tmp/probe.c 2> /dev/null && /tmp/probe && tell c gcc --version
        tell dotnet dotnet --version
        tell git git --version
        exit 0
        """;

    private static readonly TimeSpan s_probeMax = TimeSpan.FromSeconds(30);
    private static readonly string[] s_languages = ["shell", "python", "node", "typescript", "c", "dotnet", "git"];
    private ImmutableArray<SandboxLanguage> _languages;

    private SemaphoreSlim One { get; } = new(1);

    public string Name => "sandbox";

    public Type ValueType => typeof(SandboxState);

    public async ValueTask<object> ReadAsync(CancellationToken cancellationToken)
    {
        var report = await sandbox.ReportAsync(cancellationToken);
        return new SandboxState(
            report.Available, report.Level, report.Reason, report.Guards, Drivers(given.Value),
            await LanguagesAsync(report, cancellationToken), await LayersAsync(report, cancellationToken));
    }

    /// <summary>Tries a layer on the workspaces' disk; the sandbox remembers what came of it.</summary>
    private async Task<SandboxLayers> LayersAsync(IsolationReport report, CancellationToken cancellationToken)
    {
        const string copied = "Steps copy their workspace, which takes more time and disk the larger it is";
        if (!report.Available) return new SandboxLayers(false, "No programs are executed, so there is nothing to share.");
        if (await sandbox.CanLayerAsync(places.Trial, cancellationToken))
            return new SandboxLayers(true, "Steps share the files of a workspace that they leave alone.");
        return new SandboxLayers(false, Libc.GetEffectiveUser() != 0
            ? $"{copied}: only a server that runs as root can mount layers. Run it as root."
            : $"{copied}: the disk of the data directory takes no layers. Put it on ext4, xfs or btrfs, in a container on a volume and "
              + "not in the image's own file system, and let the server mount (CAP_SYS_ADMIN).");
    }

    private static ImmutableArray<SandboxDriverState> Drivers(SandboxOptions options) =>
    [
        Driver("bubblewrap", options.BubblewrapPath, options.Driver is SandboxDriver.Bubblewrap, "apt-get install bubblewrap"),
        Driver("container", options.ContainerRuntime, options.Driver is SandboxDriver.Container, "apt-get install crun"),
    ];

    private static SandboxDriverState Driver(string name, string program, bool isInUse, string install)
    {
        var path = LaunchSettings.Find(program);
        var note = path is null ? $"{program} is not installed: {install}"
            : isInUse ? $"{path} is used."
            : $"{path} is there; Sandbox:Driver={name} uses it.";
        return new SandboxDriverState(name, path is not null, isInUse, note);
    }

    /// <summary>Finds out once what works inside; a busy or unavailable sandbox is asked again the next time.</summary>
    private async Task<ImmutableArray<SandboxLanguage>> LanguagesAsync(
        IsolationReport report, CancellationToken cancellationToken)
    {
        if (!report.Available) return [.. s_languages.Select(name => new SandboxLanguage(name, false, ""))];
        await One.WaitAsync(cancellationToken);
        try
        {
            if (!_languages.IsDefault) return _languages;
            var command = new SandboxCommand(["/bin/sh", "-c", Probe], s_probeMax);
            var ran = await sandbox.RunAsync(command, cancellationToken);
            if (!ran.TryGet(out var exit, out _)) return [];
            var said = exit.Output.Text.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static line => line.Split('\t', 2)).Where(static line => line.Length == 2)
                .ToDictionary(static line => line[0], static line => line[1], StringComparer.Ordinal);
            return _languages =
                [.. s_languages.Select(name => new SandboxLanguage(name, said.ContainsKey(name), said.GetValueOrDefault(name, "")))];
        }
        finally
        {
            One.Release();
        }
    }
}
