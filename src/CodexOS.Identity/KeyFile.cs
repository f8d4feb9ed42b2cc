using System.Security.Cryptography;
using System.Text;
using CodexOS.Platform.Storage;

namespace CodexOS.Identity;

/// <summary>Keys of 256 bits in the keys folder, which servers behind one address share, one file each.</summary>
internal static class KeyFile
{
    private const int KeyBytes = 32;
    private const UnixFileMode OthersMay = UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    /// <summary>
    /// Reads a key. Servers that need it for the first time at once all try to make it, one succeeds, and all use that.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="loss">What it means to lose it, for whoever finds it damaged.</param>
    /// <exception cref="InvalidOperationException">It is damaged, or others can read it.</exception>
    public static byte[] ReadOrMake(string path, string loss)
    {
        if (!File.Exists(path))
        {
            var made = Encoding.ASCII.GetBytes(Convert.ToBase64String(RandomNumberGenerator.GetBytes(KeyBytes)));
            _ = DataDirectory.TryWriteSecret(path, made);
        }

        CheckOwnerOnly(path);
        var key = new byte[KeyBytes];
        return Convert.TryFromBase64String(File.ReadAllText(path).Trim(), key, out var length) && length == KeyBytes
            ? key
            : throw new InvalidOperationException($"The key {path} is damaged. Restore it from a backup; {loss}.");
    }

    /// <summary>Refuses a key that others can read.</summary>
    /// <exception cref="InvalidOperationException">They can.</exception>
    public static void CheckOwnerOnly(string path)
    {
        if ((File.GetUnixFileMode(path) & OthersMay) != UnixFileMode.None)
            throw new InvalidOperationException($"The key {path} can be read by others. Run: chmod 600 '{path}'");
    }
}
