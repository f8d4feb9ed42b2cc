using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Folders;

/// <summary>Asks git which files of a folder belong to a repository.</summary>
internal static class GitFiles
{
    private const int OutputMax = 16 * 1024 * 1024;

    /// <summary>Paths relative to the folder, or null if it is not in a git repository.</summary>
    public static async Task<IReadOnlyList<string>?> ListAsync(string folder, CancellationToken cancellationToken)
    {
        if (!IsInRepository(folder)) return null;
        // A repository's own settings can name programs to run; a folder to upload must not get to do that.
        var start = new ProcessStartInfo("git")
        {
            UseShellExecute = false,
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
            StandardOutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            ArgumentList =
            {
                "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null",
                "ls-files", "--cached", "--others", "--exclude-standard", "-z", "--deduplicate",
            },
        };
        start.Environment["GIT_OPTIONAL_LOCKS"] = "0";
        start.Environment["LC_ALL"] = "C.UTF-8";
        using var git = Start(start);
        git.StandardInput.Close();
        var error = git.StandardError.ReadToEndAsync(cancellationToken);
        var output = await ReadAsync(git.StandardOutput, cancellationToken);
        await git.WaitForExitAsync(cancellationToken);
        if (git.ExitCode != 0) throw Failed((await error).Trim());
        return [.. output.Split('\0', StringSplitOptions.RemoveEmptyEntries).Where(IsWorkingFile)];
    }

    private static bool IsWorkingFile(string name) =>
        !name.Split('/').Contains(".git", StringComparer.Ordinal);

    private static bool IsInRepository(string folder)
    {
        for (var each = new DirectoryInfo(folder); each is not null; each = each.Parent)
        {
            if (Path.Exists(Path.Combine(each.FullName, ".git"))) return true;
        }

        return false;
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            throw Failed("git is not installed", e);
        }
    }

    private static async Task<string> ReadAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[16 * 1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            text.Append(buffer, 0, read);
            if (text.Length > OutputMax)
            {
                throw new CodexOSException(
                    "client.folder_too_large", FaultKind.TooLarge, "The folder has too many files to upload.");
            }
        }

        return text.ToString();
    }

    private static CodexOSException Failed(string why, Exception? inner = null) => new(
        "client.git_failed",
        FaultKind.Unavailable,
        $"git could not tell which files belong to the repository: {why}. Without it, ignored files could be uploaded.",
        inner);
}
