using System.IO.Hashing;
using System.Numerics;
using System.Runtime.InteropServices;

namespace CodexOS.Knowledge.Index.Storage;

/// <summary>Names of terms in a mapped file, to be found by name and to be read by number.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct TermTable(MappedArray<uint> offsets, MappedArray<byte> names, MappedArray<int> slots)
{
    public int Count => (int)offsets.Length - 1;

    public ReadOnlySpan<byte> NameOf(int term) => names.Slice(offsets[term], (int)(offsets[term + 1] - offsets[term]));

    /// <summary>The number of a term; -1 if there is none of that name.</summary>
    public int Find(ReadOnlySpan<byte> name)
    {
        var mask = (int)slots.Length - 1;
        for (var slot = (int)(XxHash3.HashToUInt64(name) & (ulong)mask); ; slot = (slot + 1) & mask)
        {
            var term = slots[slot] - 1;
            if (term < 0 || NameOf(term).SequenceEqual(name)) return term;
        }
    }
}

/// <summary>Collects names of terms and writes their table.</summary>
internal sealed class TermTableWriter
{
    private readonly List<uint> _offsets = [0];
    private readonly List<byte> _names = [];

    /// <summary>Adds a name; terms are numbered in the order in which they come.</summary>
    public void Add(ReadOnlySpan<byte> name)
    {
        _names.AddRange(name);
        _offsets.Add((uint)_names.Count);
    }

    /// <summary>Writes the three sections of the table.</summary>
    public void Write(SectionWriter file, int offsetsSection, int namesSection, int slotsSection)
    {
        file.Add<uint>(offsetsSection, CollectionsMarshal.AsSpan(_offsets));
        file.Add<byte>(namesSection, CollectionsMarshal.AsSpan(_names));
        file.Add<int>(slotsSection, Slots());
    }

    /// <summary>Numbers of terms from one, each at the slot of its name's hash or at the next that was free.</summary>
    private int[] Slots()
    {
        var count = _offsets.Count - 1;
        var slots = new int[BitOperations.RoundUpToPowerOf2((uint)Math.Max(4, count * 3L / 2))];
        var names = CollectionsMarshal.AsSpan(_names);
        for (var term = 0; term < count; term++)
        {
            var name = names[(int)_offsets[term]..(int)_offsets[term + 1]];
            var slot = (int)(XxHash3.HashToUInt64(name) & (ulong)(slots.Length - 1));
            while (slots[slot] != 0) slot = (slot + 1) & (slots.Length - 1);
            slots[slot] = term + 1;
        }

        return slots;
    }
}
