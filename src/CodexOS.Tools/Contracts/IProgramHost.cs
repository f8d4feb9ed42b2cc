using System.Collections.Immutable;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// Starts programs that nobody trusts and that are talked to, each in a sandbox of its own and without a network.
/// </summary>
public interface IProgramHost
{
    /// <summary>Starts a program. Whoever starts it disposes it. Faults: those of the sandbox.</summary>
    /// <exception cref="OperationCanceledException">It was cancelled before the program started; nothing is left.</exception>
    Task<Result<IHostedProgram>> StartAsync(ProgramStart start, CancellationToken cancellationToken);
}

/// <summary>A program to start.</summary>
/// <param name="Command">The program and its arguments, as they are inside of the sandbox.</param>
/// <param name="TimeMax">Its whole life.</param>
public sealed record ProgramStart(ImmutableArray<string> Command, TimeSpan TimeMax)
{
    /// <summary>The folder of this machine that it sees, read-only, as <c>/workspace</c>; null is none.</summary>
    public string? Folder { get; init; }

    /// <summary>Its variables, beside those of every sandbox.</summary>
    public ImmutableDictionary<string, string> Environment { get; init; } = ImmutableDictionary<string, string>.Empty;
}

/// <summary>A program that is running. Disposing it ends it, and nothing of it is left.</summary>
public interface IHostedProgram : IAsyncDisposable
{
    /// <summary>Its standard input. <see cref="IOException"/> says that it takes nothing any more.</summary>
    Stream Input { get; }

    /// <summary>Its standard output, as it is.</summary>
    Stream Output { get; }

    /// <summary>How it ended, in words, with what it said of it; done when it has ended.</summary>
    Task<string> Ended { get; }
}
