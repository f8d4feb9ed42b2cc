namespace CodexOS.Testing;

/// <summary>A directory that is deleted with everything in it when the test is over.</summary>
public sealed class TempDirectory : IDisposable
{
    /// <summary>Makes the directory below the system's temporary directory.</summary>
    public TempDirectory() => Path = Directory.CreateTempSubdirectory("codexos-test-").FullName;

    /// <summary>Its absolute path.</summary>
    public string Path { get; }

    /// <summary>A path inside it.</summary>
    public string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    /// <inheritdoc />
    public void Dispose()
    {
        try
        {
            Directory.Delete(Path, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // The test deleted it itself.
        }
    }
}
