using System.Collections.Concurrent;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Execution;

/// <summary>Runs programs in sandboxes of this machine, as many at once as the options allow.</summary>
internal sealed class LocalSandbox : ISandbox, IDisposable
{
    private readonly SandboxOptions _options;
    private readonly Machine _machine;
    private readonly TimeProvider _clock;
    private readonly TenantContext _tenants;
    private readonly SandboxTelemetry _telemetry;
    private readonly SandboxPlaces _places;
    private readonly ConcurrentDictionary<SandboxSession, bool> _kept = [];
    private readonly SemaphoreSlim _trial = new(1);
    private bool? _canLayer;

    public LocalSandbox(
        IOptions<SandboxOptions> options,
        DataDirectory data,
        TimeProvider clock,
        TenantContext tenants,
        SandboxTelemetry telemetry)
    {
        _options = options.Value;
        _clock = clock;
        _tenants = tenants;
        _telemetry = telemetry;
        _machine = new Machine(_options, data.Path, clock);
        _places = new SandboxPlaces(_options);
    }

    public async Task<IsolationReport> ReportAsync(CancellationToken cancellationToken) =>
        (await _machine.ReadAsync(cancellationToken)).Report;

    public async Task<bool> CanLayerAsync(string place, CancellationToken cancellationToken)
    {
        if (_canLayer is { } known) return known;
        if ((await _machine.ReadAsync(cancellationToken)).Settings is not { } settings) return false;
        await _trial.WaitAsync(cancellationToken);
        try
        {
            return _canLayer ??= await Task.Run(() => LayerTrial.Succeeds(settings, place), CancellationToken.None);
        }
        finally
        {
            _trial.Release();
        }
    }

    public async Task<Result<SandboxExit>> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        if (!(await PrepareAsync(command, cancellationToken)).TryGet(out var machine, out var fault)) return fault;
        using var pipes = new ProgramPipes(isKept: false);
        return await RunInPlaceAsync(machine, command, pipes, cancellationToken);
    }

    public async Task<Result<ISandboxSession>> StartAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        if (!(await PrepareAsync(command, cancellationToken)).TryGet(out var machine, out var fault)) return fault;
        var pipes = new ProgramPipes(isKept: true);
        var stop = new CancellationTokenSource();
        var running = KeepAsync(machine, command, pipes, stop.Token);
        await using (cancellationToken.Register(stop.Cancel)) await Task.WhenAny(pipes.Started, running);
        if (pipes.Started.IsCompleted && !stop.IsCancellationRequested)
        {
            var session = new SandboxSession(
                pipes, running, stop, _options, machine.Report.Level, gone => _kept.TryRemove(gone, out _));
            _kept[session] = true;
            return session;
        }

        try
        {
            await stop.CancelAsync();
            if (!(await running).TryGet(out var exit, out fault)) return fault;
            cancellationToken.ThrowIfCancellationRequested();
            return SandboxFaults.Unavailable(
                $"A sandbox ended before its program started. Run 'codexos doctor'. What it said: {exit.Error.Text}");
        }
        finally
        {
            pipes.Dispose();
            stop.Dispose();
        }
    }

    /// <summary>Ends what is kept, and everything else that runs.</summary>
    public void Dispose()
    {
        foreach (var session in _kept.Keys) session.Stop();
        _machine.Dispose();
        _trial.Dispose();
    }

    /// <summary>Says what the machine gives, or why the program is not started on it.</summary>
    private async Task<Result<MachineState>> PrepareAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        var machine = await _machine.ReadAsync(cancellationToken);
        return Refusal(machine, command, _options.LevelMin) is { } fault ? fault : machine;
    }

    /// <summary>Why a program is not started on a machine; null if it may be.</summary>
    internal static Fault? Refusal(MachineState machine, SandboxCommand command, IsolationLevel levelMin)
    {
        if (machine.Settings is null) return SandboxFaults.Unavailable(machine.Report.Reason);
        if (machine.Report.Level < levelMin)
        {
            return SandboxFaults.Unavailable(
                $"This machine isolates at level {machine.Report.Level}, and Sandbox:LevelMin asks for "
                + $"{levelMin}. {machine.Report.Reason}");
        }

        if (command.Egress is { IsOpen: true } && !machine.Settings.IsRoot)
        {
            return SandboxFaults.Unavailable(
                "Programs in a sandbox are given a network only by a server that runs as root, because it has to listen inside "
                + "the sandbox. Run the server as root, or take 'egress' out of the agent's definition.");
        }

        return null;
    }

    private async Task<Result<SandboxExit>> KeepAsync(
        MachineState machine, SandboxCommand command, ProgramPipes pipes, CancellationToken stop)
    {
        if (!_places.Keep(_tenants.Required).TryGet(out var seat, out var fault)) return fault;
        using (seat) return await RunInPlaceAsync(machine, command, pipes, stop);
    }

    private async Task<Result<SandboxExit>> RunInPlaceAsync(
        MachineState machine, SandboxCommand command, ProgramPipes pipes, CancellationToken stop)
    {
        if (!(await _places.EnterAsync(stop)).TryGet(out var place, out var fault)) return fault;
        using var held = place;
        using var span = pipes.IsKept ? null : _telemetry.StartRun();
        var began = _clock.GetTimestamp();
        var how = "broken";
        _telemetry.Began();
        var given = command.User == 0 ? command with { User = (uint)_options.UserIdFirst } : command;
        ControlGroupSlot? slot = null;
        try
        {
            slot = machine.Groups?.Take();
            var thread = new SandboxThread(machine.Settings!, machine.Launch!, given, slot, pipes, _clock, stop);
            var result = await RunAsync(thread);
            how = result.TryGet(out var exit, out fault) ? exit.End.ToString() : fault.Code;
            return result;
        }
        catch (OperationCanceledException)
        {
            how = "cancelled";
            throw;
        }
        catch (IOException error) when (StorageFaults.IsDiskFull(error))
        {
            return SandboxFaults.DiskFull;
        }
        catch (IOException error)
        {
            // Fail closed: what could not be prepared is a guard that does not stand.
            return SandboxFaults.Unavailable($"A sandbox could not be set up: {error.Message}");
        }
        finally
        {
            if (slot is not null) machine.Groups!.Return(slot);
            span?.SetTag("codexos.sandbox.end", how);
            _telemetry.Ended(how, _clock.GetElapsedTime(began));
        }
    }

    private static async Task<Result<SandboxExit>> RunAsync(SandboxThread thread)
    {
        try
        {
            return await thread.RunAsync();
        }
        finally
        {
            if (thread.Proxy is { } proxy) await proxy.DisposeAsync();
        }
    }
}
