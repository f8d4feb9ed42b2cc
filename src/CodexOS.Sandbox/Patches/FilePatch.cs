namespace CodexOS.Sandbox.Patches;

/// <summary>What a patch does to one file.</summary>
/// <param name="OldName">The file before; null if it is made.</param>
/// <param name="NewName">The file after; null if it is removed. It differs from the old name in a rename or copy.</param>
/// <param name="Hunks">What changes in it, in the order of the patch.</param>
internal sealed record FilePatch(string? OldName, string? NewName, IReadOnlyList<Hunk> Hunks)
{
    /// <summary>Whether the old file stays although the new one has another name.</summary>
    public bool IsCopy { get; init; }

    /// <summary>Whether the new file is to be executable; null leaves that as it is.</summary>
    public bool? IsExecutable { get; init; }

    /// <summary>The file that messages name.</summary>
    public string Name => NewName ?? OldName!;
}

/// <summary>One place that changes, with its surroundings.</summary>
/// <param name="OldStart">The line at which it began before, from 1; null if the patch does not say.</param>
/// <param name="Lines">Lines kept, removed and added.</param>
/// <param name="PatchLine">The line of the patch that its heading is on, from 1.</param>
internal sealed record Hunk(int? OldStart, IReadOnlyList<HunkLine> Lines, int PatchLine)
{
    /// <summary>The lines that must be there before.</summary>
    public List<HunkLine> Old { get; } = [.. Lines.Where(static line => line.Sign != '+')];

    /// <summary>How many kept lines it begins with.</summary>
    public int ContextBefore => Lines.TakeWhile(static line => line.Sign == ' ').Count();

    /// <summary>How many kept lines it ends with.</summary>
    public int ContextAfter => Lines.Reverse().TakeWhile(static line => line.Sign == ' ').Count();
}

/// <summary>A line of a hunk.</summary>
/// <param name="Sign">A space for a kept line, <c>-</c> for a removed one, <c>+</c> for an added one.</param>
/// <param name="Text">The line without its end.</param>
/// <param name="HasReturn">Whether a carriage return stands before its line feed.</param>
/// <param name="IsUnended">Whether the patch says that the line has no line feed.</param>
internal readonly record struct HunkLine(char Sign, string Text, bool HasReturn, bool IsUnended);
