using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Programs;

/// <summary>
/// Starts programs that are talked to, for tools whose servers are programs: without a network, their folder read-only.
/// </summary>
internal sealed class ProgramHost(ISandbox sandbox) : IProgramHost
{
    public async Task<Result<IHostedProgram>> StartAsync(ProgramStart start, CancellationToken cancellationToken)
    {
        var command = new SandboxCommand(start.Command, start.TimeMax)
        {
            Folder = start.Folder,
            FolderIsReadOnly = true,
            Environment = start.Environment,
        };
        return (await sandbox.StartAsync(command, cancellationToken)).TryGet(out var session, out var fault)
            ? new HostedProgram(session)
            : fault;
    }

    private sealed class HostedProgram(ISandboxSession session) : IHostedProgram
    {
        private const int ErrorLengthMax = 400;

        public Stream Input => session.Input;

        public Stream Output => session.Output;

        public Task<string> Ended => field ??= WordsAsync();

        public ValueTask DisposeAsync() => session.DisposeAsync();

        private async Task<string> WordsAsync()
        {
            var exit = await session.Completion;
            var how = exit.End is SandboxEnd.Exited ? $"it exited with {exit.ExitCode}" : $"the sandbox ended it ({exit.End})";
            var said = exit.Error.Text.Trim();
            return said.Length == 0 ? how : $"{how}; it said: {(said.Length > ErrorLengthMax ? said[^ErrorLengthMax..] : said)}";
        }
    }
}
