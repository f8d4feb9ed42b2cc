using CodexOS.Sandbox.Native;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// The pipes between a program and this process, and what wakes the thread that watches them. Of a kept program the other
/// side of this process reads and writes them itself, without waiting; where it would have to wait, the thread waits for
/// it. So nothing is buffered here, and a side that does not keep up holds up the other one.
/// </summary>
internal sealed class ProgramPipes : IDisposable
{
    private readonly Lock _lock = new();
    private readonly SafeFileHandle _wake = Descriptors.Event();
    private readonly TaskCompletionSource _started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _isDisposed;

    public ProgramPipes(bool isKept)
    {
        IsKept = isKept;
        (ProgramsInput, Input) = Descriptors.InputPipe();
        (Output, ProgramsOutput) = Descriptors.OutputPipe();
        Room = new Awaited(Wake);
        News = new Awaited(Wake);
    }

    /// <summary>Whether the program is kept and talked to, rather than given no input and run to its end.</summary>
    public bool IsKept { get; }

    /// <summary>The end that the program reads; the thread closes this process's copy when the program has its own.</summary>
    public SafeFileHandle ProgramsInput { get; }

    /// <summary>The end that the program writes; the thread closes it likewise.</summary>
    public SafeFileHandle ProgramsOutput { get; }

    public SafeFileHandle Input { get; }

    public SafeFileHandle Output { get; }

    /// <summary>Readable when the thread is to look what it has to do.</summary>
    public SafeFileHandle WakeHandle => _wake;

    /// <summary>Somebody waits for room in the input.</summary>
    public Awaited Room { get; }

    /// <summary>Somebody waits for output.</summary>
    public Awaited News { get; }

    /// <summary>Ends successfully when a kept program starts.</summary>
    public Task Started => _started.Task;

    /// <summary>Whether the input is to be closed, so that the program learns that nothing more comes.</summary>
    public bool IsInputOver { get; private set; }

    /// <summary>Whether the program wrote more than it may.</summary>
    public bool IsOutputTooLarge { get; private set; }

    /// <summary>How much output of a kept program was read.</summary>
    public long OutputBytes { get; set; }

    /// <summary>Says that a kept program starts.</summary>
    public void SetStarted() => _started.TrySetResult();

    /// <summary>Has the thread close the input, because it may be waiting for it, or closes it if the thread is gone.</summary>
    public void EndInput()
    {
        IsInputOver = true;
        if (Room.IsOver) CloseInput();
        else Wake();
    }

    /// <summary>Closes the input.</summary>
    public void CloseInput()
    {
        Input.Dispose();
        Room.Tell();
    }

    /// <summary>Has the thread end the program.</summary>
    public void EndForOutput()
    {
        IsOutputTooLarge = true;
        Wake();
    }

    /// <summary>Nobody has to wait any more: the program is gone.</summary>
    public void SetOver()
    {
        Room.SetOver();
        News.SetOver();
        if (IsInputOver) CloseInput();
    }

    /// <summary>Has the thread look up.</summary>
    public void Wake()
    {
        lock (_lock)
        {
            if (!_isDisposed) Descriptors.Signal(_wake);
        }
    }

    public void Dispose()
    {
        lock (_lock)
        {
            if (_isDisposed) return;
            _isDisposed = true;
            _wake.Dispose();
        }

        ProgramsInput.Dispose();
        ProgramsOutput.Dispose();
        Input.Dispose();
        Output.Dispose();
    }

    /// <summary>Something that one asynchronous caller at a time waits for, and that the thread tells.</summary>
    internal sealed class Awaited(Action wake)
    {
        private readonly Lock _lock = new();
        private TaskCompletionSource? _waiter;

        /// <summary>Whether there is nothing to wait for, because the program is gone.</summary>
        public bool IsOver { get; private set; }

        /// <summary>Whether the thread is to look out for it.</summary>
        public bool IsWanted
        {
            get
            {
                lock (_lock) return _waiter is not null;
            }
        }

        /// <summary>Waits until the thread tells, or the program is gone.</summary>
        public Task WaitAsync(CancellationToken cancellationToken)
        {
            Task told;
            lock (_lock)
            {
                if (IsOver) return Task.CompletedTask;
                _waiter ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                told = _waiter.Task;
            }

            wake();
            return told.WaitAsync(cancellationToken);
        }

        public void Tell()
        {
            lock (_lock)
            {
                _waiter?.TrySetResult();
                _waiter = null;
            }
        }

        public void SetOver()
        {
            lock (_lock) IsOver = true;
            Tell();
        }
    }
}
