using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Search;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>Finds lines that match a regular expression or contain a text.</summary>
internal sealed class SearchFilesTool : ITool
{
    private const int ResultsDefault = 200;
    private readonly WorkspaceTools _tools;
    private readonly SandboxOptions _options;
    private readonly TimeProvider _clock;

    public SearchFilesTool(WorkspaceTools tools, IOptions<SandboxOptions> options, TimeProvider clock)
    {
        _tools = tools;
        _options = options.Value;
        _clock = clock;
        Contract = new ToolContract(
            "search_files",
            "Finds the lines of the workspace's text files that match a regular expression (.NET syntax without backreferences and "
            + "lookarounds), or the files that have such lines. Leaves out what .gitignore names, names that begin with a dot, "
            + "node_modules, binary files and .git. More results than fit come with a cursor to go on with.",
            WorkspaceTools.Schema(
                $$"""
                {
                  "type": "object",
                  "properties": {
                    "pattern": { "type": "string", "minLength": 1, "maxLength": 1000, "description": "The regular expression; a match lies within a line." },
                    "literal": { "type": "boolean", "description": "Whether the pattern is plain text; false by default." },
                    "word": { "type": "boolean", "description": "Whether only whole words match; false by default." },
                    "case": { "enum": ["sensitive", "insensitive", "smart"], "description": "Whether case matters; smart: only if the pattern has an upper-case letter. Sensitive by default." },
                    "path": { "type": "string", "maxLength": 4000, "description": "A folder or a file to search, relative to the workspace; everything by default." },
                    "include": { "type": "array", "maxItems": 50, "items": { "type": "string", "minLength": 1, "maxLength": 400 },
                        "description": "Only files that one of these names, written as in .gitignore, with braces: *.cs, src/**/*.{ts,tsx}." },
                    "exclude": { "type": "array", "maxItems": 50, "items": { "type": "string", "minLength": 1, "maxLength": 400 },
                        "description": "Not the files and folders that one of these names." },
                    "types": { "type": "array", "maxItems": 20, "items": { "enum": [{{TypeNames}}] }, "description": "Only files of these kinds." },
                    "hidden": { "type": "boolean", "description": "Also names that begin with a dot; false by default." },
                    "ignored": { "type": "boolean", "description": "Also what .gitignore names, and node_modules; false by default." },
                    "mode": { "enum": ["lines", "files", "counts"], "description": "The matching lines, the default; the files that have some; how many each has." },
                    "before": { "type": "integer", "minimum": 0, "maximum": 20, "description": "Lines shown before each match; 0 by default." },
                    "after": { "type": "integer", "minimum": 0, "maximum": 20, "description": "Lines shown after each match; 0 by default." },
                    "per_file_max": { "type": "integer", "minimum": 1, "maximum": 10000, "description": "Most matches of a file; no limit by default." },
                    "limit": { "type": "integer", "minimum": 1, "maximum": 1000, "description": "Most matches, or files; {{ResultsDefault}} by default." },
                    "cursor": { "type": "string", "minLength": 1, "maxLength": 8000, "description": "Goes on where a search with the same arguments left off." }
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
    }

    public ToolContract Contract { get; }

    private static string TypeNames => string.Join(", ", FileTypes.All.Keys.Order(StringComparer.Ordinal).Select(static it => $"\"{it}\""));

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken) => _tools.ReadAsync(
        call,
        files => QueryOf(call).TryGet(out var query, out var fault)
            ? Search(files, query, call.Text("mode") ?? "lines", cancellationToken)
            : fault,
        cancellationToken);

    private static Result<SearchQuery> QueryOf(ToolCall call)
    {
        if (!WorkspacePath.ParseShown(call.Text("path")).TryGet(out var path, out var fault)) return fault;
        var letters = call.Text("case") switch
        {
            "insensitive" => SearchCase.Insensitive,
            "smart" => SearchCase.Smart,
            _ => SearchCase.Sensitive,
        };
        var compiled = SearchPattern.Compile(call.NeededText("pattern"), call.Flag("literal"), call.Flag("word"), letters);
        if (!compiled.TryGet(out var pattern, out fault)) return fault;
        var filter = PathFilter.Make(call.Texts("include"), call.Texts("exclude"), call.Texts("types"));
        if (!filter.TryGet(out var files, out fault)) return fault;
        SearchCursor? from = null;
        if (call.Text("cursor") is { } cursor && !SearchCursor.Parse(cursor).TryGet(out from, out fault)) return fault;
        return new SearchQuery(pattern, path, files)
        {
            WithHidden = call.Flag("hidden"),
            WithIgnored = call.Flag("ignored"),
            FirstOnly = call.Text("mode") == "files",
            CountOnly = call.Text("mode") == "counts",
            LinesBefore = call.Number("before") ?? 0,
            LinesAfter = call.Number("after") ?? 0,
            MatchesPerFileMax = call.Number("per_file_max") ?? int.MaxValue,
            ResultsMax = call.Number("limit") ?? ResultsDefault,
            From = from,
        };
    }

    private Result<ToolResult> Search(Folder files, SearchQuery query, string mode, CancellationToken cancellationToken)
    {
        var pass = new SearchPass(files, query, _options, _clock, cancellationToken);
        var (folder, error) = files.EnterBeneath(query.Path.Value);
        if (folder is not null)
        {
            using (folder) pass.Search(folder);
        }
        else if (error == SystemError.NotFolder)
        {
            if (!WorkspaceFiles.Open(files, query.Path).TryGet(out var file, out var fault)) return fault;
            using (file.Handle) pass.SearchFile(file.Handle, file.SizeBytes);
        }
        else
        {
            return WorkspaceFiles.FaultOf(error, query.Path);
        }

        return Answer(pass, mode);
    }

    private static ToolResult Answer(SearchPass pass, string mode)
    {
        var (found, next) = (pass.Found, pass.Next);
        var text = new StringBuilder();
        foreach (var file in found) Append(text, file, mode);
        if (found.Count == 0) text.Append(mode == "lines" ? "No line matches.\n" : "No file has a line that matches.\n");
        if (next is not null)
        {
            text.Append(pass.IsTimeUp
                ? "[The search took too long. Narrow it, or go on with the cursor"
                : "[There is more. Narrow the search, or go on with the cursor").Append($" {next}]\n");
        }

        if (pass.FilesTooLarge > 0) text.Append($"[{pass.FilesTooLarge} files are too large and were not searched.]\n");
        return WorkspaceTools.Answer(
            text.ToString(),
            new Data(
                mode == "lines" ? [.. found.SelectMany(static file => file.Lines
                    .Where(static line => line.IsMatch).Select(line => new DataMatch(file.Path, line.Number, line.Text)))] : null,
                mode == "lines" ? null : [.. found.Select(file => new DataFile(file.Path, mode == "counts" ? file.Count : null))],
                next?.ToString(),
                pass.FilesSearched,
                pass.FilesBinary,
                pass.FilesTooLarge),
            truncated: next is not null || pass.FilesTooLarge > 0);
    }

    private static void Append(StringBuilder text, FileMatches file, string mode)
    {
        if (mode != "lines")
        {
            text.Append(file.Path).Append(mode == "counts" ? $": {file.Count}" : "").Append('\n');
            return;
        }

        var withContext = file.Lines.Any(static line => !line.IsMatch);
        for (var i = 0; i < file.Lines.Count; i++)
        {
            var line = file.Lines[i];
            if (withContext && i > 0 && file.Lines[i - 1].Number + 1 < line.Number) text.Append("--\n");
            text.Append(line.IsMatch ? $"{file.Path}:{line.Number}: {line.Text}\n" : $"{file.Path}-{line.Number}- {line.Text}\n");
        }
    }

    private sealed record Data(
        IReadOnlyList<DataMatch>? Matches,
        IReadOnlyList<DataFile>? Files,
        string? Cursor,
        int FilesSearched,
        int FilesBinary,
        int FilesTooLarge);

    private sealed record DataMatch(string Path, int Line, string Text);

    private sealed record DataFile(string Path, int? Count);
}
