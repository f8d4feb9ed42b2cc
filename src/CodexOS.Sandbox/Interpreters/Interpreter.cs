using System.Security.Cryptography;
using System.Text;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;

namespace CodexOS.Sandbox.Interpreters;

/// <summary>How a call of an interpreter ended.</summary>
/// <param name="Output">What it wrote.</param>
/// <param name="Status">0 if all went well; for a shell, the exit code of its last command.</param>
/// <param name="End">How the interpreter ended, if it did; null if it is kept.</param>
/// <param name="Duration">From asking to the answer.</param>
internal sealed record InterpreterAnswer(SandboxOutput Output, int Status, SandboxExit? End, TimeSpan Duration);

/// <summary>
/// An interpreter in a sandbox that is asked one thing after the other. One call at a time; a call that does not end in its
/// time, or is given up, ends the interpreter, because what it would do next is not known.
/// </summary>
internal sealed class Interpreter(ISandboxSession session, SandboxOptions options, TimeProvider clock) : IAsyncDisposable
{
    private readonly byte[] _buffer = new byte[32 * 1024];

    /// <summary>Whether it cannot be asked any more.</summary>
    public bool IsOver => session.Completion.IsCompleted;

    /// <summary>Performs code and waits for its answer.</summary>
    /// <exception cref="OperationCanceledException">It was given up; the interpreter is gone.</exception>
    public async Task<InterpreterAnswer> CallAsync(
        string code, TimeSpan timeMax, Action<string> onOutput, CancellationToken cancellationToken)
    {
        var began = clock.GetTimestamp();
        var output = new OutputBuffer(options.OutputBytesMax, onOutput);
        var nonce = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16));
        var marked = new MarkedOutput(output, nonce);
        using var timeUp = new CancellationTokenSource(timeMax, clock);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeUp.Token, cancellationToken);
        var isTimeUp = false;
        try
        {
            await AskAsync(nonce, code, either.Token);
            while (true)
            {
                var count = await session.Output.ReadAsync(_buffer, either.Token);
                if (count == 0) break;
                if (marked.Add(_buffer.AsSpan(0, count)) is { } status)
                    return new InterpreterAnswer(output.Finish(), status, null, clock.GetElapsedTime(began));
            }
        }
        catch (OperationCanceledException) when (timeUp.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            isTimeUp = true;
        }
        finally
        {
            if (either.IsCancellationRequested) await session.DisposeAsync();
        }

        marked.End();
        var exit = await session.Completion;
        return new InterpreterAnswer(
            output.Finish(), -1, isTimeUp ? exit with { End = SandboxEnd.TimedOut } : exit, clock.GetElapsedTime(began));
    }

    public ValueTask DisposeAsync() => session.DisposeAsync();

    private async Task AskAsync(string nonce, string code, CancellationToken cancellationToken)
    {
        var bytes = Encoding.UTF8.GetBytes(code);
        try
        {
            await session.Input.WriteAsync(Encoding.ASCII.GetBytes($"{nonce} {bytes.Length}\n"), cancellationToken);
            await session.Input.WriteAsync(bytes, cancellationToken);
        }
        catch (IOException)
        {
            // It has ended; what it wrote, and how it ended, is read next.
        }
    }
}
