using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Reads a text file, or some of its lines.</summary>
internal sealed class ReadFileTool(WorkspaceTools tools, IOptions<SandboxOptions> options) : ITool
{
    private const int LinesMax = 2_000;
    private const int LineLengthMax = 2_000;
    private const int TextLengthMax = 50_000;

    public ToolContract Contract { get; } = new(
        "read_file",
        "Reads a text file of the workspace. Each line comes with its number and a tab, which are not part of the file. "
        + "Long files come in pieces: ask for the next lines with start_line.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "path": { "type": "string", "minLength": 1, "maxLength": 4000, "description": "The file, relative to the workspace." },
                "start_line": { "type": "integer", "minimum": 1, "maximum": 1000000000, "description": "The first line, from 1." },
                "end_line": { "type": "integer", "minimum": 1, "maximum": 1000000000, "description": "The last line, included." }
              },
              "required": ["path"],
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
        call,
        files => Read(files, call.NeededText("path"), call.Number("start_line") ?? 1, call.Number("end_line") ?? int.MaxValue),
        cancellationToken);

    private Result<ToolResult> Read(Folder files, string given, int first, int last)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        if (!TextFile.Read(files, path, options.Value.ReadBytesMax).TryGet(out var content, out fault)) return fault;
        var lines = LinesOf(content);
        if (first > last)
            return new Fault("sandbox.bad_lines", FaultKind.Invalid, $"end_line {last} is before start_line {first}.");
        if (first > Math.Max(lines.Count, 1))
        {
            return new Fault(
                "sandbox.bad_lines", FaultKind.Invalid, $"'{path}' has {lines.Count} lines, so there is no line {first}.");
        }

        var text = new StringBuilder();
        var at = first;
        var cut = false;
        for (; at <= Math.Min(last, lines.Count) && at - first < LinesMax && text.Length < TextLengthMax; at++)
        {
            var line = lines[at - 1];
            cut |= line.Length > LineLengthMax;
            text.Append(at).Append('\t').Append(Shorten(line)).Append('\n');
        }

        var isPartial = at <= Math.Min(last, lines.Count);
        if (lines.Count == 0) text.Append("The file is empty.\n");
        if (isPartial) text.Append($"[The file goes on: {lines.Count} lines in all. Go on with start_line {at}.]\n");
        return WorkspaceTools.Answer(
            text.ToString(), new Data(path.Value, first, at - first, lines.Count), truncated: isPartial || cut);
    }

    private static List<string> LinesOf(string content)
    {
        var lines = content.Split('\n').Select(line => line.TrimEnd('\r')).ToList();
        if (lines[^1].Length == 0) lines.RemoveAt(lines.Count - 1);
        return lines;
    }

    private static string Shorten(string line)
    {
        if (line.Length <= LineLengthMax) return line;
        var end = char.IsHighSurrogate(line[LineLengthMax - 1]) ? LineLengthMax - 1 : LineLengthMax;
        return $"{line.AsSpan(0, end)}… [{line.Length - end} more characters]";
    }

    private sealed record Data(string Path, int StartLine, int Lines, int TotalLines);
}
