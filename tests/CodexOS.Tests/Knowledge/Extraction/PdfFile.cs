using System.Text;

namespace CodexOS.Tests.Knowledge.Extraction;

/// <summary>Writes small PDF files, byte by byte as the format says, so that a test knows where each word stands.</summary>
internal sealed class PdfFile
{
    private readonly List<string> _pages = [];

    public string? Title { get; init; }

    /// <summary>Dictionary entries added to the trailer.</summary>
    public string Trailer { get; init; } = "";

    /// <summary>Adds a page of words: where they stand, how large they are and what they say.</summary>
    public PdfFile Page(params (double X, double Y, double Size, string Text)[] words)
    {
        var page = new StringBuilder();
        foreach (var (x, y, size, text) in words)
            page.Append($"BT /F1 {size} Tf 1 0 0 1 {x} {y} Tm ({text.Replace("(", "\\(").Replace(")", "\\)")}) Tj ET\n");
        _pages.Add(page.ToString());
        return this;
    }

    /// <summary>Adds a page that draws.</summary>
    public PdfFile Drawn(string operators)
    {
        _pages.Add(operators);
        return this;
    }

    public byte[] Bytes()
    {
        // 1 catalogue, 2 pages, 3 font, 4 information, 5 a picture; then a page and its content by turns.
        var objects = new List<string>
        {
            "<< /Type /Catalog /Pages 2 0 R >>",
            $"<< /Type /Pages /Count {_pages.Count} /Kids [{string.Join(' ', _pages.Select((_, i) => $"{6 + (i * 2)} 0 R"))}] >>",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>",
            $"<< {(Title is null ? "" : $"/Title ({Title})")} >>",
            "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 /Length 1 >>\n"
                + "stream\nx\nendstream",
        };
        for (var i = 0; i < _pages.Count; i++)
        {
            objects.Add($"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 600 800] /Contents {7 + (i * 2)} 0 R "
                + "/Resources << /Font << /F1 3 0 R >> /XObject << /P 5 0 R >> >> >>");
            objects.Add($"<< /Length {_pages[i].Length} >>\nstream\n{_pages[i]}\nendstream");
        }

        var file = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var i = 0; i < objects.Count; i++)
        {
            offsets.Add(file.Length);
            file.Append($"{i + 1} 0 obj\n{objects[i]}\nendobj\n");
        }

        var table = file.Length;
        file.Append($"xref\n0 {objects.Count + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets) file.Append($"{offset:0000000000} 00000 n \n");
        file.Append($"trailer\n<< /Size {objects.Count + 1} /Root 1 0 R /Info 4 0 R {Trailer} >>\nstartxref\n{table}\n%%EOF");
        return Encoding.Latin1.GetBytes(file.ToString());
    }
}
