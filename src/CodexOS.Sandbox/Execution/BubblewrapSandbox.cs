using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;
using CodexOS.Sandbox.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Execution;

/// <summary>Runs programs under bubblewrap, as many at once as the options allow.</summary>
internal sealed class BubblewrapSandbox : ISandbox, IDisposable
{
    private readonly SandboxOptions _options;
    private readonly Machine _machine;
    private readonly TimeProvider _clock;
    private readonly SandboxTelemetry _telemetry;
    private readonly SemaphoreSlim _places;
    private int _waiting;

    public BubblewrapSandbox(
        IOptions<SandboxOptions> options, DataDirectory data, TimeProvider clock, SandboxTelemetry telemetry)
    {
        _options = options.Value;
        _clock = clock;
        _telemetry = telemetry;
        _machine = new Machine(_options, data.Path, clock);
        _places = new SemaphoreSlim(_options.SandboxesMax);
    }

    public async Task<IsolationReport> ReportAsync(CancellationToken cancellationToken) =>
        (await _machine.ReadAsync(cancellationToken)).Report;

    public async Task<Result<SandboxExit>> RunAsync(SandboxCommand command, CancellationToken cancellationToken)
    {
        var machine = await _machine.ReadAsync(cancellationToken);
        if (machine.Settings is null) return SandboxFaults.Unavailable(machine.Report.Reason);
        if (machine.Report.Level < _options.LevelMin)
        {
            return SandboxFaults.Unavailable(
                $"This machine isolates at level {machine.Report.Level}, and Sandbox:LevelMin asks for "
                + $"{_options.LevelMin}. {machine.Report.Reason}");
        }

        if (command.Egress is { IsOpen: true } && !machine.Settings.IsRoot)
        {
            return SandboxFaults.Unavailable(
                "Programs in a sandbox are given a network only by a server that runs as root, because it has to listen inside "
                + "the sandbox. Run the server as root, or take 'egress' out of the agent's definition.");
        }

        if (Interlocked.Increment(ref _waiting) > _options.SandboxesMax + _options.WaitingMax)
        {
            Interlocked.Decrement(ref _waiting);
            return SandboxFaults.Busy;
        }

        try
        {
            await _places.WaitAsync(cancellationToken);
            try
            {
                return await RunInPlaceAsync(machine, command, cancellationToken);
            }
            finally
            {
                _places.Release();
            }
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    public void Dispose()
    {
        _machine.Dispose();
        _places.Dispose();
    }

    private async Task<Result<SandboxExit>> RunInPlaceAsync(
        MachineState machine, SandboxCommand command, CancellationToken cancellationToken)
    {
        using var span = _telemetry.StartRun();
        var began = _clock.GetTimestamp();
        var how = "broken";
        _telemetry.Began();
        var given = command.User == 0 ? command with { User = (uint)_options.UserIdFirst } : command;
        var slot = machine.Groups?.Take();
        try
        {
            var thread = new SandboxThread(machine.Settings!, given, slot, _clock, cancellationToken);
            var result = await RunAsync(thread);
            how = result.TryGet(out var exit, out var fault) ? exit.End.ToString() : fault.Code;
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
