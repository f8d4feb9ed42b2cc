using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>What changing a file gives back.</summary>
/// <param name="Path">The file.</param>
/// <param name="Diff">The change, as a unified diff.</param>
internal sealed record FileEdit(string Path, string Diff)
{
    /// <summary>Text that cannot be written as UTF-8.</summary>
    public static Fault NotText { get; } = new(
        "sandbox.not_text", FaultKind.Invalid, "The text holds half a surrogate pair and cannot be written as UTF-8.");
}

/// <summary>Replaces one piece of a text file.</summary>
internal sealed class EditFileTool(WorkspaceTools tools, IOptions<SandboxOptions> options) : ITool
{
    private const int PlacesShownMax = 5;

    public ToolContract Contract { get; } = new(
        "edit_file",
        "Replaces a piece of a text file of the workspace. old_text must occur exactly once, with its spaces and line "
        + "breaks but without the line numbers that read_file shows; take more lines around it if it occurs more often.",
        WorkspaceTools.Schema(
            """
            {
              "type": "object",
              "properties": {
                "path": { "type": "string", "minLength": 1, "maxLength": 4000, "description": "The file, relative to the workspace." },
                "old_text": { "type": "string", "minLength": 1, "maxLength": 1000000, "description": "What is there now, exactly." },
                "new_text": { "type": "string", "maxLength": 1000000, "description": "What is to be there instead." }
              },
              "required": ["path", "old_text", "new_text"],
              "additionalProperties": false
            }
            """),
        EffectClass.Reversible,
        RepeatClass.Keyed)
    {
        NeedsWorkspace = true,
        Store = WorkspaceTools.Changes,
    };

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) =>
        tools.ReplaceAsync(
            call,
            copy => Edit(copy, call.NeededText("path"), call.NeededText("old_text"), call.NeededText("new_text")),
            cancellationToken);

    private Result<Change> Edit(WorkingCopy copy, string given, string oldText, string newText)
    {
        if (!WorkspacePath.ParseShown(given).TryGet(out var path, out var fault)) return fault;
        if (!TextFile.Read(copy.Files, path, options.Value.ReadBytesMax).TryGet(out var content, out fault)) return fault;
        // Models write line feeds; a file with carriage returns is edited in its own style.
        if (!content.Contains(oldText, StringComparison.Ordinal) && content.Contains("\r\n", StringComparison.Ordinal))
            (oldText, newText) = (WithCarriageReturns(oldText), WithCarriageReturns(newText));
        var places = PlacesOf(content, oldText);
        if (places.Count != 1) return Refused(path, content, oldText, places);

        var at = places[0];
        var edited = string.Concat(content.AsSpan(0, at), newText, content.AsSpan(at + oldText.Length));
        if (TextFile.TryEncode(edited) is not { } bytes) return FileEdit.NotText;
        if (!WorkspaceFiles.Write(copy.Files, path, bytes, copy.Owner).TryGet(out _, out fault)) return fault;
        var diff = UnifiedDiff.Make(path.Value, content, edited);
        var text = diff.Length == 0 ? $"old_text and new_text are the same; {path} is unchanged." : $"Edited {path}.\n{diff}";
        return new Change(WorkspaceTools.Answer(text, new FileEdit(path.Value, diff)), Keep: true);
    }

    private static Fault Refused(WorkspacePath path, string content, string oldText, List<int> places)
    {
        if (places.Count > 1)
        {
            var lines = string.Join(", ", places.Take(PlacesShownMax).Select(place => LineOf(content, place)));
            return new Fault(
                "sandbox.text_ambiguous",
                FaultKind.Invalid,
                $"old_text occurs {(places.Count > PlacesShownMax ? "more than " + PlacesShownMax : places.Count)} times in "
                + $"'{path}', at lines {lines}. Take more lines around the one you mean.");
        }

        var firstLine = oldText.Split('\n').Select(line => line.Trim()).FirstOrDefault(line => line.Length > 0);
        var near = firstLine is null ? -1 : content.IndexOf(firstLine, StringComparison.Ordinal);
        return new Fault(
            "sandbox.text_not_found",
            FaultKind.Invalid,
            near < 0
                ? $"old_text does not occur in '{path}'. Read the file again; it may have changed."
                : $"old_text does not occur in '{path}' as given, but its first line does at line {LineOf(content, near)}. "
                    + "Check spaces, tabs and the lines that follow.");
    }

    private static List<int> PlacesOf(string content, string text)
    {
        var places = new List<int>();
        for (var at = content.IndexOf(text, StringComparison.Ordinal);
            at >= 0 && places.Count <= PlacesShownMax;
            at = content.IndexOf(text, at + 1, StringComparison.Ordinal))
        {
            places.Add(at);
        }

        return places;
    }

    private static int LineOf(string content, int at) => content.AsSpan(0, at).Count('\n') + 1;

    private static string WithCarriageReturns(string text) =>
        text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace("\n", "\r\n", StringComparison.Ordinal);
}
