using CodexOS.Platform.Egress;
using CodexOS.Sandbox.Native;

namespace CodexOS.Sandbox.Execution;

/// <summary>What a kept program reads. Writing waits while its pipe is full.</summary>
internal sealed class SessionInput(ProgramPipes pipes) : Stream
{
    private bool _isOver;

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => !_isOver;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        while (!buffer.IsEmpty)
        {
            cancellationToken.ThrowIfCancellationRequested();
            ObjectDisposedException.ThrowIf(_isOver, this);
            var count = pipes.Room.IsOver ? 0 : Descriptors.TryWrite(pipes.Input, buffer.Span);
            if (count == 0) throw new IOException("The program in the sandbox has ended or takes nothing any more.");
            if (count > 0) buffer = buffer[count..];
            else await pipes.Room.WaitAsync(cancellationToken);
        }
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A program's input is written asynchronously only.");

    public override void Flush()
    {
        // Nothing is held back.
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (!_isOver)
        {
            _isOver = true;
            pipes.EndInput();
        }

        base.Dispose(disposing);
    }
}

/// <summary>What a kept program writes, up to a limit; then it ends, and the program with it.</summary>
internal sealed class SessionOutput(ProgramPipes pipes, long bytesMax) : ReadOnlyStream
{
    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.IsEmpty) return 0;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (pipes.IsOutputTooLarge) return 0;
            // What is left in the pipe of a program that is gone can be read; nobody writes it any more.
            var isOver = pipes.News.IsOver;
            var count = Descriptors.TryRead(pipes.Output, buffer.Span);
            if (count < 0 && isOver) return 0;
            if (count >= 0) return Count(count);
            await pipes.News.WaitAsync(cancellationToken);
        }
    }

    private int Count(int count)
    {
        var allowed = (int)Math.Min(count, bytesMax - pipes.OutputBytes);
        pipes.OutputBytes += allowed;
        if (allowed < count) pipes.EndForOutput();
        return allowed;
    }
}
