using CodexOS.Knowledge.Index.Lexical;
using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Index;

/// <summary>Refuses passages that the index could not keep as they are.</summary>
internal static class PassageCheck
{
    private const int TextLengthMax = 1 << 20;
    private const int LabelsMax = 1_000;
    private const int LabelLengthMax = 1_000;

    /// <summary>What is wrong with the first passage that is wrong; null if all are well.</summary>
    public static Fault? Of(IReadOnlyList<IndexPassage> passages)
    {
        foreach (var passage in passages)
        {
            if (passage.Passage.Text.Length > TextLengthMax || passage.Title.Length > TextLengthMax)
                return IndexFaults.BadPassage($"its text is longer than {TextLengthMax} characters");
            if (passage.Readers.Length > LabelsMax || passage.Metadata.Count > LabelsMax)
                return IndexFaults.BadPassage($"it has more than {LabelsMax} readers or metadata");
            if (!passage.Readers.All(IsLabel) || !passage.Metadata.All(static pair => IsLabel(pair.Key) && IsLabel(pair.Value)))
                return IndexFaults.BadPassage($"a label has control characters, or over {LabelLengthMax} characters");
        }

        return null;
    }

    private static bool IsLabel(string text) => text.Length <= LabelLengthMax && LabelText.IsUsable(text);
}
