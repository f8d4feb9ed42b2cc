using System.Text;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.Tools;

/// <summary>Files as text: strict UTF-8 without zero bytes, or they are called binary.</summary>
internal static class TextFile
{
    private static readonly UTF8Encoding s_strict = new(false, true);

    /// <summary>The text of a file.</summary>
    public static Result<string> Read(Folder files, WorkspacePath path, int bytesMax)
    {
        if (!WorkspaceFiles.Read(files, path, bytesMax).TryGet(out var bytes, out var fault)) return fault;
        return TryDecode(bytes) ?? (Result<string>)new Fault(
            "sandbox.not_text", FaultKind.Invalid, $"'{path}' is a binary file of {bytes.Length} bytes. Use the shell to look at it.");
    }

    /// <summary>The text of bytes, or null if they are not text.</summary>
    public static string? TryDecode(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Contains((byte)0)) return null;
        try
        {
            return s_strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    /// <summary>Text as bytes, or null if it holds half a surrogate pair.</summary>
    public static byte[]? TryEncode(string text)
    {
        try
        {
            return s_strict.GetBytes(text);
        }
        catch (EncoderFallbackException)
        {
            return null;
        }
    }
}
