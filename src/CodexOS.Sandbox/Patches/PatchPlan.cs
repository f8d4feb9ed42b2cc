using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Patches;

/// <summary>What a patch makes of one file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Change">What becomes of it.</param>
/// <param name="From">The file it was before, in a rename or copy.</param>
/// <param name="Diff">The change as it really is.</param>
/// <param name="Hunks">Where the hunks were applied.</param>
internal sealed record PatchedFile(
    string Path, FileChange Change, string? From, string Diff, IReadOnlyList<HunkPlace> Hunks);

/// <summary>What becomes of a file.</summary>
internal enum FileChange
{
    /// <summary>It has other content or other permissions.</summary>
    Modified,

    /// <summary>It is made.</summary>
    Created,

    /// <summary>It is removed.</summary>
    Deleted,

    /// <summary>It has another name.</summary>
    Renamed,

    /// <summary>It is made of another, which stays.</summary>
    Copied,
}

/// <summary>
/// A patch worked out against the files as they are, all of it before any of it is written. A patch may name a file more
/// than once; each time it is what the part before made of it.
/// </summary>
internal sealed class PatchPlan
{
    private const long ComparisonsMax = 200_000_000;
    private const int ConflictsShownMax = 5;
    private const uint AllExecute = 0x49; // --x--x--x

    private readonly Folder _files;
    private readonly int _fileBytesMax;
    private readonly int _fuzzMax;
    private readonly ComparisonBudget _budget = new(ComparisonsMax);
    private readonly Dictionary<string, Draft> _drafts = new(StringComparer.Ordinal);

    private PatchPlan(Folder files, int fileBytesMax, int fuzzMax)
    {
        _files = files;
        _fileBytesMax = fileBytesMax;
        _fuzzMax = fuzzMax;
    }

    /// <summary>What the patch does, file by file.</summary>
    public List<PatchedFile> Changes { get; } = [];

    /// <summary>Works out a patch, or says all that keeps it from being applied.</summary>
    public static Result<PatchPlan> Make(
        Folder files, IReadOnlyList<FilePatch> patches, int fileBytesMax, int fuzzMax, CancellationToken cancellationToken)
    {
        var plan = new PatchPlan(files, fileBytesMax, fuzzMax);
        var broken = new List<Fault>();
        foreach (var patch in patches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!plan.Add(patch).TryGet(out _, out var fault)) broken.Add(fault);
            if (broken.Count == ConflictsShownMax || fault?.Code == PatchFaults.TooCostly.Code) break;
        }

        if (broken.Count == 0) return plan;
        return broken[0] with { Message = string.Join('\n', broken.Select(static fault => fault.Message)) };
    }

    /// <summary>Writes what was worked out.</summary>
    public Result<Done> Write(uint? owner)
    {
        // Names are freed first: a folder may take the place of a file that goes.
        foreach (var (path, draft) in _drafts)
        {
            if (draft.Text is not null || !draft.WasThere) continue;
            if (!WorkspaceFiles.Remove(_files, WorkspacePath.Parse(path).Value).TryGet(out _, out var fault)) return fault;
        }

        foreach (var (path, draft) in _drafts)
        {
            if (draft.Text is null || TextFile.TryEncode(draft.Text) is not { } bytes) continue;
            var written = WorkspaceFiles.Write(_files, WorkspacePath.Parse(path).Value, bytes, owner, draft.Permissions);
            if (!written.TryGet(out _, out var fault)) return fault;
        }

        return Done.Value;
    }

    private Result<Done> Add(FilePatch patch)
    {
        // 1. Names
        if (!PathOf(patch.OldName).TryGet(out var oldPath, out var fault)) return fault;
        if (!PathOf(patch.NewName).TryGet(out var newPath, out fault)) return fault;

        // 2. What is there
        Draft? before = null;
        if (oldPath is { } from)
        {
            if (!Read(from).TryGet(out before, out fault)) return fault;
            if (before.Text is null) return SandboxFaults.FileNotFound(from.Value);
        }

        var moves = oldPath is not null && newPath is not null && oldPath != newPath;
        if (newPath is { } target && (oldPath is null || moves))
        {
            if (!Read(target).TryGet(out var there, out fault)) return fault;
            if (there.Text is not null) return PatchFaults.Exists(target.Value);
        }

        // 3. What becomes of it
        var applied = PatchedText.Apply(patch.Name, before?.Text ?? "", patch.Hunks, _fuzzMax, _budget);
        if (!applied.TryGet(out var after, out fault)) return fault;
        if (newPath is null && after.Text.Length > 0)
        {
            return PatchFaults.Conflict(
                $"The patch removes '{oldPath}' but not all of its lines. Nothing was changed.");
        }

        if (TextFile.TryEncode(after.Text) is not { } bytes) return FileEdit.NotText;
        if (bytes.Length > _fileBytesMax) return SandboxFaults.FileTooLarge(patch.Name, _fileBytesMax);

        Keep(patch, oldPath, newPath, before, after, moves);
        return Done.Value;
    }

    private void Keep(
        FilePatch patch, WorkspacePath? oldPath, WorkspacePath? newPath, Draft? before, PatchedText after, bool moves)
    {
        if (oldPath is { } from && (newPath is null || (moves && !patch.IsCopy)))
            _drafts[from.Value] = before! with { Text = null };
        if (newPath is { } to)
        {
            var there = moves || oldPath is null ? _drafts[to.Value] : before!;
            _drafts[to.Value] = there with
            {
                Text = after.Text,
                Permissions = PermissionsOf(patch.IsExecutable, (before ?? there).Permissions),
            };
        }

        var change = oldPath is null ? FileChange.Created
            : newPath is null ? FileChange.Deleted
            : !moves ? FileChange.Modified
            : patch.IsCopy ? FileChange.Copied
            : FileChange.Renamed;
        var path = (newPath ?? oldPath)!.Value.Value;
        var old = moves ? oldPath!.Value.Value : null;
        var isNew = change is FileChange.Created or FileChange.Copied;
        var diff = UnifiedDiff.Make(
            path, isNew ? null : before!.Text, newPath is null ? null : after.Text, isNew ? null : old);
        Changes.Add(new PatchedFile(path, change, old, diff, after.Places));
    }

    private static uint? PermissionsOf(bool? isExecutable, uint? before) => isExecutable switch
    {
        null => before,
        true => (before ?? WorkspaceFiles.NewFilePermissions) | AllExecute,
        false => (before ?? WorkspaceFiles.NewFilePermissions) & ~AllExecute,
    };

    private static Result<WorkspacePath?> PathOf(string? name)
    {
        if (name is null) return (WorkspacePath?)null;
        if (!WorkspacePath.ParseShown(name).TryGet(out var path, out var fault)) return fault;
        return path.Value.Length == 0 ? SandboxFaults.NotAFile(".") : (WorkspacePath?)path;
    }

    /// <summary>A file as the parts before left it, or as it is.</summary>
    private Result<Draft> Read(WorkspacePath path)
    {
        if (_drafts.TryGetValue(path.Value, out var known)) return known;
        if (!WorkspaceFiles.Open(_files, path).TryGet(out var file, out var fault))
            return fault.Code == "sandbox.file_not_found" ? _drafts[path.Value] = new Draft(null, false, null) : fault;
        uint permissions;
        using (file.Handle) permissions = Folder.FactsOf(file.Handle).Permissions & 0x1FF;
        if (!TextFile.Read(_files, path, _fileBytesMax).TryGet(out var text, out fault)) return fault;
        return _drafts[path.Value] = new Draft(text, true, permissions);
    }

    /// <summary>What a file is to become.</summary>
    /// <param name="Text">Its content; null where there is or will be none.</param>
    /// <param name="WasThere">Whether it is there now.</param>
    /// <param name="Permissions">Its permissions; null takes those of a new file.</param>
    private sealed record Draft(string? Text, bool WasThere, uint? Permissions);
}
