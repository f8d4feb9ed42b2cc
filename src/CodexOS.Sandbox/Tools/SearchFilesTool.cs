using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Finds lines that match a regular expression.</summary>
internal sealed class SearchFilesTool(WorkspaceTools tools, IOptions<SandboxOptions> options, TimeProvider clock) : ITool
{
    private const int MatchesMax = 200;
    private const int LineLengthMax = 400;
    private const int FileBytesMax = 2 << 20;
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(20);
    private static readonly string[] s_skipped = ["node_modules", ".venv", "__pycache__"];

    public ToolContract Contract { get; } = new(
        "search_files",
        "Finds the lines of the workspace's text files that match a regular expression (.NET syntax without "
        + "backreferences and lookarounds). Leaves out binary files, files over 2 MiB, .git and node_modules.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "pattern": { "type": "string", "minLength": 1, "maxLength": 1000, "description": "The regular expression." },
                "path": { "type": "string", "maxLength": 4000, "description": "A folder or a file to search, relative to the workspace; everything by default." }
              },
              "required": ["pattern"],
              "additionalProperties": false
            }
            """),
        EffectClass.Read,
        RepeatClass.Read)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Reads,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) => tools.ReadAsync(
        call, files => Search(files, call.NeededText("pattern"), call.Text("path"), cancellationToken), cancellationToken);

    private Result<ToolResult> Search(Folder files, string pattern, string? given, CancellationToken cancellationToken)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        if (!Compile(pattern).TryGet(out var regex, out fault)) return fault;
        var search = new Pass(files, regex, clock, cancellationToken);
        if (WorkspaceFiles.List(files, path).TryGet(out var entries, out fault)) search.Folder(entries,
            options.Value.WorkspaceDepthMax);
        else if (fault.Code == "sandbox.not_a_folder") search.File(path);
        else return fault;

        var text = new StringBuilder();
        foreach (var match in search.Matches) text.Append($"{match.Path}:{match.Line}: {match.Text}\n");
        if (search.Matches.Count == 0) text.Append("No line matches.\n");
        if (search.IsCut) text.Append("[The search was ended early; narrow the pattern or the path.]\n");
        return WorkspaceTools.Answer(text.ToString(), new Data(search.Matches), truncated: search.IsCut);
    }

    private static Result<Regex> Compile(string pattern)
    {
        try
        {
            return new Regex(pattern, RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(2));
        }
        catch (Exception error) when (error is ArgumentException or NotSupportedException)
        {
            return new Fault("sandbox.bad_pattern", FaultKind.Invalid, $"The pattern cannot be used: {error.Message}");
        }
    }

    private sealed class Pass(Folder files, Regex regex, TimeProvider clock, CancellationToken cancellationToken)
    {
        private readonly long _began = clock.GetTimestamp();

        public List<Match> Matches { get; } = [];

        public bool IsCut { get; private set; }

        public void Folder(IEnumerable<WorkspaceEntry> entries, int depthLeft)
        {
            foreach (var entry in entries)
            {
                cancellationToken.ThrowIfCancellationRequested();
                IsCut |= clock.GetElapsedTime(_began) > s_timeMax;
                if (IsCut) return;
                if (!WorkspacePath.Parse(entry.Path).TryGet(out var path, out _)) continue;
                if (entry.Kind == EntryKind.File && entry.SizeBytes <= FileBytesMax) File(path);
                if (entry.Kind != EntryKind.Directory || depthLeft == 0 || s_skipped.Contains(entry.Name)) continue;
                if (WorkspaceFiles.List(files, path).TryGet(out var inner, out _)) Folder(inner, depthLeft - 1);
            }
        }

        public void File(WorkspacePath path)
        {
            if (!TextFile.Read(files, path, FileBytesMax).TryGet(out var content, out _)) return;
            var number = 0;
            foreach (var line in content.AsSpan().EnumerateLines())
            {
                number++;
                if (!IsMatch(line)) continue;
                if (Matches.Count == MatchesMax)
                {
                    IsCut = true;
                    return;
                }

                var shown = line.Length <= LineLengthMax ? line : line[..LineLengthMax];
                if (shown.Length > 0 && char.IsHighSurrogate(shown[^1])) shown = shown[..^1];
                Matches.Add(new Match(path.Value, number, shown.ToString()));
            }
        }

        private bool IsMatch(ReadOnlySpan<char> line)
        {
            try
            {
                return regex.IsMatch(line);
            }
            catch (RegexMatchTimeoutException)
            {
                IsCut = true;
                return false;
            }
        }
    }

    private sealed record Match(string Path, int Line, string Text);

    private sealed record Data(IReadOnlyList<Match> Matches);
}
