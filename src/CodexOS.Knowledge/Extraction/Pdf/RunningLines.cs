using System.Text;

namespace CodexOS.Knowledge.Extraction.Pdf;

/// <summary>
/// Finds headers and footers: the outermost lines of a page that stand at the same height on a page nearby, the same but
/// for their numbers.
/// </summary>
internal sealed class RunningLines
{
    private const int OuterLines = 3;
    private const int PagesAround = 2;
    private const double SameHeight = 4;

    private readonly Dictionary<int, List<(string Key, double Baseline)>> _pages = [];

    /// <summary>Keeps the outermost lines of a page.</summary>
    public void Learn(PdfPage page)
    {
        _pages[page.Number] = [.. Outer(page).Select(line => (KeyOf(line.Text), line.Baseline))];
        _pages.Remove(page.Number - (2 * PagesAround) - 1);
    }

    /// <summary>The page without its headers and footers. The pages around have to be learnt.</summary>
    public PdfPage Strip(PdfPage page)
    {
        var running = Outer(page).Where(line => IsRunning(page.Number, line)).ToHashSet();
        return running.Count == 0 ? page : page with { Lines = [.. page.Lines.Where(line => !running.Contains(line))] };
    }

    private bool IsRunning(int number, PdfLine line)
    {
        var key = KeyOf(line.Text);
        for (var other = number - PagesAround; other <= number + PagesAround; other++)
        {
            if (other == number || !_pages.TryGetValue(other, out var lines)) continue;
            if (lines.Exists(known => known.Key == key && Math.Abs(known.Baseline - line.Baseline) < SameHeight)) return true;
        }

        return false;
    }

    private static IEnumerable<PdfLine> Outer(PdfPage page)
    {
        if (page.Lines.Count <= OuterLines * 2) return page.Lines.OrderByDescending(line => line.Baseline).Take(1)
            .Concat(page.Lines.OrderBy(line => line.Baseline).Take(1)).Distinct();
        var byHeight = page.Lines.OrderByDescending(line => line.Baseline).ToList();
        return byHeight.Take(OuterLines).Concat(byHeight.TakeLast(OuterLines));
    }

    // Numbers count up from page to page; all the same to us.
    private static string KeyOf(string text)
    {
        var key = new StringBuilder(text.Length);
        foreach (var c in text)
        {
            if (char.IsDigit(c))
            {
                if (key.Length == 0 || key[^1] != '#') key.Append('#');
            }
            else if (!char.IsWhiteSpace(c)) key.Append(char.ToLowerInvariant(c));
        }

        return key.ToString();
    }
}
