using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>
/// How the files of an index are laid out: a header of fixed size with a table of the sections and their checksums, a
/// checksum over the header itself, then the sections, each on a boundary that every kind of value may be read from.
/// </summary>
internal static class SectionLayout
{
    public const ulong Magic = 0x31_58_44_49_4B_58_44_43; // "CDXKIDX1", read from the low byte.
    public const int FormatVersion = 1;
    public const int HeaderSizeBytes = 1024;
    public const int SectionsMax = 30;
    public const int AlignmentBytes = 64;

    /// <summary>The first bytes of the file.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    public struct Header
    {
        public ulong Magic;
        public int FormatVersion;
        public int Kind;
        public int SectionCount;
        public int Unused;
        public long SizeBytes;
    }

    /// <summary>Where a section is, and what its bytes must hash to.</summary>
    [StructLayout(LayoutKind.Sequential, Pack = 8)]
    public struct Entry
    {
        public int Section;
        public int Unused;
        public long Offset;
        public long SizeBytes;
        public ulong Hash;
    }
}
