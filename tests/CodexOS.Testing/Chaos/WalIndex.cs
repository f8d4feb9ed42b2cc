using System.Buffers.Binary;

namespace CodexOS.Testing.Chaos;

/// <summary>
/// Watches SQLite copy its write-ahead log back. The main file is written by a checkpoint only, and the index of the log
/// says how far one has come (https://www.sqlite.org/walformat.html, "WAL-Index Header").
/// </summary>
internal static class WalIndex
{
    private const int BackfilledAt = 96;
    private const int BackfillAttemptedAt = 128;

    /// <summary>Waits until a checkpoint writes; false if none does in time.</summary>
    public static bool AwaitCheckpoint(string database, TimeSpan limit, CancellationToken cancellationToken)
    {
        var began = TimeProvider.System.GetTimestamp();
        var before = File.GetLastWriteTimeUtc(database);
        // Waiting on a signal is not possible from outside; a checkpoint lasts for milliseconds.
        var spin = new SpinWait();
        while (TimeProvider.System.GetElapsedTime(began) < limit && !cancellationToken.IsCancellationRequested)
        {
            if (File.GetLastWriteTimeUtc(database) != before) return true;
            spin.SpinOnce(sleep1Threshold: 20);
        }

        return false;
    }

    /// <summary>Whether the process that was killed was copying at that moment: more was attempted than was done.</summary>
    public static bool WasAmidCheckpoint(string database)
    {
        try
        {
            Span<byte> index = stackalloc byte[BackfillAttemptedAt + 4];
            using var file = new FileStream(
                $"{database}-shm", FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            file.ReadExactly(index);
            // The index is in the byte order of the machine.
            return BinaryPrimitives.ReadUInt32LittleEndian(index[BackfilledAt..])
                < BinaryPrimitives.ReadUInt32LittleEndian(index[BackfillAttemptedAt..]);
        }
        catch (Exception gone) when (gone is IOException)
        {
            return false;
        }
    }
}
