using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;

namespace CodexOS.Sandbox.Execution;

/// <summary>A kept program, seen by whoever keeps it.</summary>
internal sealed class SandboxSession : ISandboxSession
{
    private readonly ProgramPipes _pipes;
    private readonly CancellationTokenSource _stop;
    private readonly Action<SandboxSession> _onDisposed;
    private int _isDisposed;

    public SandboxSession(
        ProgramPipes pipes,
        Task<Result<SandboxExit>> running,
        CancellationTokenSource stop,
        SandboxOptions options,
        IsolationLevel level,
        Action<SandboxSession> onDisposed)
    {
        (_pipes, _stop, _onDisposed, Level) = (pipes, stop, onDisposed, level);
        Input = new SessionInput(pipes);
        Output = new SessionOutput(pipes, options.SessionOutputBytesMax);
        Completion = CompleteAsync(running);
    }

    public Stream Input { get; }

    public Stream Output { get; }

    public Task<SandboxExit> Completion { get; }

    public IsolationLevel Level { get; }

    /// <summary>Begins to end the program.</summary>
    public void Stop() => _stop.Cancel();

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) == 0) await _stop.CancelAsync();
        try
        {
            await Completion;
        }
        finally
        {
            _onDisposed(this);
            _pipes.Dispose();
        }
    }

    private async Task<SandboxExit> CompleteAsync(Task<Result<SandboxExit>> running)
    {
        if ((await running).TryGet(out var exit, out var fault)) return exit;
        var why = new SandboxOutput(fault.Message, fault.Message.Length, IsTruncated: false);
        var nothing = new SandboxOutput("", _pipes.OutputBytes, IsTruncated: false);
        return new SandboxExit(SandboxEnd.Lost, -1, nothing, why, TimeSpan.Zero, Level);
    }
}
