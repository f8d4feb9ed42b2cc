using System.Runtime.InteropServices;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Exports;

/// <summary>What an export packs.</summary>
/// <param name="Workspace">The workspace.</param>
internal sealed record ExportInput(WorkspaceId Workspace);

/// <summary>What an export may touch: one workspace, to read it.</summary>
/// <param name="Workspace">The workspace.</param>
internal sealed record ExportGrant(WorkspaceId Workspace);

/// <summary>What a step of an export is asked to do; what a stage does not need is left out.</summary>
/// <param name="Stage">Which stage.</param>
/// <param name="Workspace">The workspace.</param>
internal sealed record ExportStep(ExportStage Stage, WorkspaceId Workspace)
{
    /// <summary>The effect that performs all stages.</summary>
    public const string Effect = "workspace.export";

    /// <summary>The version that is packed; it was the current one when the export was planned.</summary>
    public string? Version { get; init; }

    /// <summary>The part's number, from 1.</summary>
    public int Part { get; init; }

    /// <summary>Where the part begins.</summary>
    public PackPosition From { get; init; }

    /// <summary>How much content the parts before it hold, in bytes.</summary>
    public long DoneBytes { get; init; }

    /// <summary>How much content there is, in bytes.</summary>
    public long TotalBytes { get; init; }

    /// <summary>The parts, in order, that are put together.</summary>
    public IReadOnlyList<PackedPart>? Parts { get; init; }
}

/// <summary>The stages of an export.</summary>
internal enum ExportStage
{
    /// <summary>Choose the version and measure it.</summary>
    Plan,

    /// <summary>Pack some of it into a part.</summary>
    Pack,

    /// <summary>Put the parts together.</summary>
    Publish,

    /// <summary>Remove what an earlier stage made, because it is undone.</summary>
    Discard,
}

/// <summary>A place in a workspace's files, as they are walked in the order of their names' bytes.</summary>
/// <param name="Entry">How many files, folders and links come before.</param>
/// <param name="OffsetBytes">How much of that file has been packed.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct PackPosition(int Entry, long OffsetBytes);

/// <summary>What an export will pack.</summary>
/// <param name="Version">The version.</param>
/// <param name="ContentBytes">How much content there is, in bytes.</param>
/// <param name="FilesCount">How many files, folders and links.</param>
internal sealed record ExportPlan(string Version, long ContentBytes, long FilesCount);

/// <summary>A part of an archive: a whole number of gzip members.</summary>
/// <param name="Run">The run that packed it; in a fork, that may be another than the one that puts it together.</param>
/// <param name="Number">Its number, from 1.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Hash">Its SHA-256, in lowercase hexadecimal digits.</param>
/// <param name="Next">Where the next part begins, or null after the last.</param>
/// <param name="ContentBytes">How much content it holds, in bytes.</param>
internal sealed record PackedPart(
    RunId Run, int Number, long SizeBytes, string Hash, PackPosition? Next, long ContentBytes);

/// <summary>What an export gives.</summary>
/// <param name="Text">One line for lists.</param>
/// <param name="SizeBytes">The archive's length.</param>
/// <param name="Hash">The archive's SHA-256, in lowercase hexadecimal digits.</param>
/// <param name="ContentBytes">How much content is in it, in bytes.</param>
internal sealed record ExportOutput(string Text, long SizeBytes, string Hash, long ContentBytes);
