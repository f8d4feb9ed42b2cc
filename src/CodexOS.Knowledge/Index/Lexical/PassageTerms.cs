using System.Runtime.InteropServices;
using CodexOS.Knowledge.Index.Storage;

namespace CodexOS.Knowledge.Index.Lexical;

/// <summary>Reads the terms of one passage, in the order of their numbers.</summary>
[StructLayout(LayoutKind.Auto)]
internal unsafe ref struct PassageTerms
{
    private byte* _at;
    private uint _left;

    public PassageTerms(byte* at)
    {
        _at = at;
        Count = (int)(_left = VarInt.Read(ref _at));
    }

    /// <summary>How many different terms the passage has.</summary>
    public int Count { get; }

    public int Term { get; private set; }

    public byte Frequency { get; private set; }

    /// <summary>How far has been read; behind the last term the positions begin.</summary>
    public readonly byte* At => _at;

    public bool Next()
    {
        if (_left == 0) return false;
        _left--;
        Term += (int)VarInt.Read(ref _at);
        Frequency = *_at++;
        return true;
    }
}
