namespace CodexOS.Sandbox.Contracts;

/// <summary>
/// A program that is kept in a sandbox and talked to. It ends by itself, when its time is up, when it exceeds a limit, when
/// this is disposed, or with the server; then nothing of it is left. It occupies a place as long as it lives.
/// </summary>
public interface ISandboxSession : IAsyncDisposable
{
    /// <summary>
    /// The program's standard input. Writing waits while the program does not read; disposing it tells the program that
    /// nothing more comes. <see cref="IOException"/> says that the program does not take anything any more.
    /// </summary>
    Stream Input { get; }

    /// <summary>
    /// The program's standard output as it is. A program whose output nobody reads is held up. What it wrote can be read
    /// after its end, until this is disposed. One that writes more than <c>Sandbox:SessionOutputBytesMax</c> is killed.
    /// </summary>
    Stream Output { get; }

    /// <summary>
    /// How the program ended, when it has; nothing of it is left by then. Standard error is in it, cut to
    /// <c>Sandbox:OutputBytesMax</c>; of standard output only how much was read.
    /// </summary>
    Task<SandboxExit> Completion { get; }

    /// <summary>The isolation it runs under.</summary>
    IsolationLevel Level { get; }
}
