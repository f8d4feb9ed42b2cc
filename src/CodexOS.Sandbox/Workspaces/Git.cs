using System.Collections.Immutable;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Storage;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Workspaces;

/// <summary>Changes as a unified diff.</summary>
/// <param name="Diff">The diff; its middle is left out if it is too long.</param>
/// <param name="FilesChanged">How many files differ.</param>
/// <param name="Insertions">How many lines were added.</param>
/// <param name="Deletions">How many lines were removed.</param>
public sealed record GitDiff(string Diff, int FilesChanged, int Insertions, int Deletions)
{
    internal bool IsTruncated { get; init; }
}

/// <summary>A commit that was made.</summary>
internal sealed record GitCommit(string Commit, int FilesChanged);

/// <summary>
/// Uses git on workspaces, always inside a sandbox, because a repository's own settings can make git execute anything.
/// </summary>
internal sealed partial class Git(ISandbox sandbox, IOptions<SandboxOptions> given)
{
    private const int DiffBytesMax = 256 * 1024;
    private readonly SandboxOptions _options = given.Value;

    /// <summary>Makes a folder a repository with at least one commit; answers with the commit that it is at.</summary>
    public async Task<Result<string>> PrepareAsync(uint user, string folder, CancellationToken cancellationToken)
    {
        var command = Command(GitScripts.Prepare, user, folder, []);
        if (!(await RunAsync("Preparing the repository", command, cancellationToken)).TryGet(out var exit, out var fault))
            return fault;
        return exit.ExitCode == 0 && CommitPattern().IsMatch(exit.Output.Text.Trim())
            ? exit.Output.Text.Trim()
            : SandboxFaults.BadArchive($"holds no usable repository: {ReasonOf(exit)}");
    }

    /// <summary>Makes a folder that holds nothing but a bundle a repository with a branch of it.</summary>
    /// <param name="user">Whose the folder is.</param>
    /// <param name="folder">The folder.</param>
    /// <param name="bundle">The bundle's name in it; it is removed.</param>
    /// <param name="branch">Which branch; empty for the one that the bundle puts first.</param>
    /// <param name="cancellationToken">Ends git.</param>
    /// <returns>The commit that it is at.</returns>
    public async Task<Result<string>> UnbundleAsync(
        uint user, string folder, string bundle, string branch, CancellationToken cancellationToken)
    {
        var command = Command(GitScripts.Unbundle, user, folder, [bundle, branch]);
        if (!(await RunAsync("Reading the bundle", command, cancellationToken)).TryGet(out var exit, out var fault))
            return fault;
        return exit.ExitCode == 0 && CommitPattern().IsMatch(exit.Output.Text.Trim())
            ? exit.Output.Text.Trim()
            : SandboxFaults.BadBundle(ReasonOf(exit));
    }

    /// <summary>What differs between a commit and the files, files that git does not know of included.</summary>
    public async Task<Result<GitDiff>> DiffAsync(
        WorkspaceRow row, string folder, string commit, CancellationToken cancellationToken)
    {
        var command = Command(GitScripts.Diff, row.User, folder, [commit]) with
        {
            FolderIsReadOnly = true,
            OutputBytesMax = DiffBytesMax,
        };
        if (!(await RunAsync("The diff", command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        if (exit.ExitCode != 0) return SandboxFaults.GitFailed("The diff", ReasonOf(exit));
        var (summary, diff) = SplitLine(exit.Output.Text);
        return new GitDiff(diff, Count(FilesPattern(), summary), Count(PlusPattern(), summary), Count(MinusPattern(), summary))
        {
            IsTruncated = exit.Output.IsTruncated,
        };
    }

    /// <summary>Commits everything; null if there is nothing to commit.</summary>
    public async Task<Result<GitCommit?>> CommitAsync(
        WorkingCopy copy, ImmutableArray<string> readOnlyPaths, string message, CancellationToken cancellationToken)
    {
        var command = copy.Mount(Command(GitScripts.Commit, [message])) with { ReadOnlyPaths = readOnlyPaths };
        if (!(await RunAsync("The commit", command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        if (exit.ExitCode == GitScripts.NothingToCommit) return (GitCommit?)null;
        var (commit, summary) = SplitLine(exit.Output.Text);
        return exit.ExitCode == 0 && CommitPattern().IsMatch(commit)
            ? new GitCommit(commit, Count(FilesPattern(), summary))
            : SandboxFaults.GitFailed("The commit", ReasonOf(exit));
    }

    /// <summary>What was done since the workspace was made, in a form that git takes.</summary>
    /// <param name="row">The workspace.</param>
    /// <param name="folder">Its files.</param>
    /// <param name="form"><c>mail</c>, <c>diff</c> or <c>bundle</c>.</param>
    /// <param name="branch">What the branch of a bundle is called.</param>
    /// <param name="cancellationToken">Ends git.</param>
    public async Task<Result<byte[]>> ExportAsync(
        WorkspaceRow row, string folder, string form, string branch, CancellationToken cancellationToken)
    {
        var command = Command(GitScripts.Export, row.User, folder, [row.BaseCommit, form, branch]) with
        {
            FolderIsReadOnly = true,
            // Base64 makes four bytes of three.
            OutputBytesMax = (_options.GitBytesMax / 3 * 4) + 4,
        };
        if (!(await RunAsync("The export", command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        if (exit.ExitCode != 0) return SandboxFaults.GitFailed("The export", ReasonOf(exit));
        if (exit.Output.IsTruncated) return SandboxFaults.GitTooLarge(_options.GitBytesMax);
        var bytes = new byte[exit.Output.Text.Length / 4 * 3];
        return Convert.TryFromBase64String(exit.Output.Text, bytes, out var length)
            ? bytes[..length]
            : SandboxFaults.GitFailed("The export", "its output is damaged.");
    }

    /// <summary>Applies a patch that lies in the folder; all of it or nothing.</summary>
    public async Task<Result<Done>> ApplyAsync(
        WorkingCopy copy, ImmutableArray<string> readOnlyPaths, string patchPath, bool asCommits,
        CancellationToken cancellationToken)
    {
        var command = copy.Mount(Command(GitScripts.Apply, [asCommits ? "commits" : "files", patchPath])) with
        {
            ReadOnlyPaths = readOnlyPaths,
        };
        if (!(await RunAsync("The patch", command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        return exit.ExitCode == 0 ? Done.Value : SandboxFaults.GitFailed("The patch", ReasonOf(exit));
    }

    private async Task<Result<SandboxExit>> RunAsync(
        string what, SandboxCommand command, CancellationToken cancellationToken)
    {
        if (!(await sandbox.RunAsync(command, cancellationToken)).TryGet(out var exit, out var fault)) return fault;
        return exit.End switch
        {
            SandboxEnd.Exited => exit,
            SandboxEnd.TimedOut => SandboxFaults.GitFailed(what, $"it took longer than {_options.GitTimeMax.TotalSeconds:0} s."),
            SandboxEnd.OutOfMemory => SandboxFaults.GitFailed(what, "it needed more memory than a sandbox has."),
            _ => SandboxFaults.WorkspaceTooLarge($"{_options.WorkspaceBytesMax} bytes"),
        };
    }

    private SandboxCommand Command(string script, uint user, string folder, ImmutableArray<string> arguments) =>
        Command(script, arguments) with { Folder = folder, User = user };

    private SandboxCommand Command(string script, ImmutableArray<string> arguments)
    {
        var at = _options.CommitAuthor.IndexOf('<', StringComparison.Ordinal);
        var (name, address) = (_options.CommitAuthor[..at].Trim(), _options.CommitAuthor[(at + 1)..^1]);
        // Settings given this way win over those of the repository.
        var settings = new Dictionary<string, string>
        {
            ["core.hooksPath"] = "/dev/null",
            ["core.fsmonitor"] = "false",
            ["core.quotePath"] = "false",
            ["core.attributesFile"] = "/dev/null",
            ["commit.gpgSign"] = "false",
            ["gc.auto"] = "0",
            ["safe.directory"] = "*",
        };
        var environment = ImmutableDictionary.CreateBuilder<string, string>();
        environment["GIT_CONFIG_NOSYSTEM"] = "1";
        environment["GIT_CONFIG_GLOBAL"] = "/dev/null";
        environment["GIT_TERMINAL_PROMPT"] = "0";
        environment["GIT_AUTHOR_NAME"] = environment["GIT_COMMITTER_NAME"] = name;
        environment["GIT_AUTHOR_EMAIL"] = environment["GIT_COMMITTER_EMAIL"] = address;
        environment["GIT_CONFIG_COUNT"] = settings.Count.ToString();
        foreach (var (index, (key, value)) in settings.Index())
        {
            environment[$"GIT_CONFIG_KEY_{index}"] = key;
            environment[$"GIT_CONFIG_VALUE_{index}"] = value;
        }

        return new SandboxCommand(["/bin/sh", "-c", script, "sh", .. arguments], _options.GitTimeMax)
        {
            Environment = environment.ToImmutable(),
            FolderSizeBytesMax = _options.WorkspaceBytesMax,
            FolderFilesMax = _options.WorkspaceFilesMax,
        };
    }

    private static (string First, string Others) SplitLine(string text)
    {
        var end = text.IndexOf('\n', StringComparison.Ordinal);
        return end < 0 ? (text, "") : (text[..end], text[(end + 1)..]);
    }

    private static int Count(Regex pattern, string summary) =>
        pattern.Match(summary) is { Success: true } match ? int.Parse(match.Groups["n"].ValueSpan) : 0;

    private static string ReasonOf(SandboxExit exit)
    {
        var text = exit.Error.Text.Trim();
        return text.Length == 0 ? $"git ended with exit code {exit.ExitCode}." : text[..Math.Min(text.Length, 400)];
    }

    [GeneratedRegex("^([0-9a-f]{40}|[0-9a-f]{64})$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex CommitPattern();

    [GeneratedRegex("(?<n>[0-9]{1,9}) files? changed", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex FilesPattern();

    [GeneratedRegex("(?<n>[0-9]{1,9}) insertion", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PlusPattern();

    [GeneratedRegex("(?<n>[0-9]{1,9}) deletion", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex MinusPattern();
}
