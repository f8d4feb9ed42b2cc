using System.IO.Compression;
using System.Xml;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>Reads a sitemap, or all that an index of sitemaps leads to, each packed with gzip or not.</summary>
internal sealed class SitemapWalk(WebFetch web, KnowledgeOptions options)
{
    private const int DepthMax = 3;
    private const int AddressLengthMax = 4_096;

    private static readonly XmlReaderSettings s_settings = new()
    {
        Async = true,
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        IgnoreComments = true,
        IgnoreProcessingInstructions = true,
        MaxCharactersInDocument = 200_000_000,
    };

    /// <summary>Tells the addresses of pages. A fault is that the first file cannot be used.</summary>
    /// <param name="first">The sitemap or the index.</param>
    /// <param name="found">Takes an address; false is that no more is taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<Listing>> ReadAsync(
        Uri first, Func<string, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var (waiting, known, notes) = (new Queue<(Uri Address, int Depth)>(), new HashSet<string>(), new List<Fault>());
        waiting.Enqueue((first, 1));
        known.Add(first.AbsoluteUri);
        while (waiting.TryDequeue(out var next))
        {
            var nested = new List<string>();
            var read = await ReadFileAsync(next.Address, nested, found, cancellationToken);
            if (!read.TryGet(out var goesOn, out var fault))
            {
                if (next.Address == first) return fault;
                // The pages that it lists cannot be told from pages that are gone.
                notes.Add(fault);
                continue;
            }

            if (!goesOn) return new Listing(false, notes);
            foreach (var text in nested)
            {
                if (!WebAddress.Parse(text).TryGet(out var address, out fault)) notes.Add(fault);
                else if (next.Depth == DepthMax) notes.Add(SourceFaults.BadSitemap($"indexes lie more than {DepthMax} deep"));
                else if (known.Count >= options.SitemapsMax) notes.Add(SourceFaults.BadSitemap($"there are more than {options.SitemapsMax}"));
                else if (known.Add(address.AbsoluteUri)) waiting.Enqueue((address, next.Depth + 1));
                if (notes.Count > options.SyncFailuresShownMax) return new Listing(false, notes);
            }
        }

        return new Listing(notes.Count == 0, notes);
    }

    private async Task<Result<bool>> ReadFileAsync(
        Uri address, List<string> nested, Func<string, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var settings = new EgressClientSettings { AnswerBytesMax = options.SitemapBytesMax + 1L };
        var asked = await web.GetAsync(address, null, settings, asksRobots: false, cancellationToken);
        if (!asked.TryGet(out var answer, out var fault)) return fault;
        using (answer)
        {
            if (!answer.IsSuccessStatusCode) return SourceFaults.Status((int)answer.StatusCode);
            if (!(await Bodies.ReadAsync(answer, options.SitemapBytesMax, cancellationToken)).TryGet(out var bytes, out fault))
                return fault;
            if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x1F, 0x8B]))
            {
                try
                {
                    await using var packed = new GZipStream(new MemoryStream(bytes), CompressionMode.Decompress);
                    var unpacked = await Bodies.ReadAsync(packed, options.SitemapBytesMax, cancellationToken);
                    if (!unpacked.TryGet(out bytes, out fault)) return fault;
                }
                catch (InvalidDataException)
                {
                    return SourceFaults.BadSitemap("its gzip is damaged");
                }
            }

            return await ReadXmlAsync(bytes, nested, found);
        }
    }

    private async Task<Result<bool>> ReadXmlAsync(byte[] bytes, List<string> nested, Func<string, ValueTask<bool>> found)
    {
        try
        {
            using var xml = XmlReader.Create(new MemoryStream(bytes), s_settings);
            if (await xml.MoveToContentAsync() is not XmlNodeType.Element || xml.LocalName is not ("urlset" or "sitemapindex"))
                return SourceFaults.BadSitemap("it is neither a urlset nor a sitemapindex");
            var isIndex = xml.LocalName is "sitemapindex";
            await xml.ReadAsync();
            while (!xml.EOF)
            {
                // Images and videos of a page have addresses of their own, deeper down.
                if (xml.NodeType is not XmlNodeType.Element || xml.LocalName is not "loc" || xml.Depth != 2)
                {
                    await xml.ReadAsync();
                    continue;
                }

                var text = (await xml.ReadElementContentAsStringAsync()).Trim();
                if (text.Length is 0 or > AddressLengthMax) continue;
                if (!isIndex)
                {
                    if (!await found(text)) return false;
                }
                else if (nested.Count <= options.SitemapsMax)
                {
                    nested.Add(text);
                }
            }

            return true;
        }
        catch (XmlException error)
        {
            return SourceFaults.BadSitemap($"line {error.LineNumber} is no XML that can be read");
        }
    }
}
