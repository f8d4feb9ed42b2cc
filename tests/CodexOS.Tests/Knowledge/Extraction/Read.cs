using System.Text;
using CodexOS.Knowledge.Extraction;
using CodexOS.Platform.Faults;
using Shouldly;

namespace CodexOS.Tests.Knowledge.Extraction;

/// <summary>Reads documents in tests through the same door as everyone.</summary>
internal static class Read
{
    /// <summary>All blocks of a document that has to be whole.</summary>
    public static List<Block> Blocks(byte[] file, string name = "file", ReadLimits? limits = null)
    {
        using var document = Document(file, name, limits);
        var blocks = document.Blocks().ToList();
        document.Fault.ShouldBeNull();
        return blocks;
    }

    public static List<Block> Blocks(string file, string name) => Blocks(Encoding.UTF8.GetBytes(file), name);

    /// <summary>A document that can be opened.</summary>
    public static ExtractedDocument Document(byte[] file, string name = "file", ReadLimits? limits = null)
    {
        var result = Open(file, name, limits);
        result.IsOk.ShouldBeTrue(result.IsOk ? "" : result.Fault.ToString());
        return result.Value;
    }

    /// <summary>What keeps a document from being read, at its beginning or further on.</summary>
    public static Fault Fault(byte[] file, string name = "file", ReadLimits? limits = null)
    {
        var result = Open(file, name, limits);
        if (!result.TryGet(out var document, out var fault)) return fault;
        using (document)
        {
            foreach (var _ in document.Blocks())
            {
            }

            return document.Fault.ShouldNotBeNull();
        }
    }

    public static Result<ExtractedDocument> Open(
        byte[] file, string name = "file", ReadLimits? limits = null, string? mediaType = null,
        CancellationToken cancellationToken = default) =>
        new DocumentExtractor(TimeProvider.System)
            .Extract(new MemoryStream(file), name, mediaType, limits ?? ReadLimits.Default, cancellationToken);

    /// <summary>The texts of blocks, one to a line.</summary>
    public static string Texts(IEnumerable<Block> blocks) => string.Join('\n', blocks.Select(block => block.Text));
}
