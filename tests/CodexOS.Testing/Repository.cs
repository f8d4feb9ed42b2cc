namespace CodexOS.Testing;

/// <summary>The checkout that the tests were built from.</summary>
public static class Repository
{
    /// <summary>Its top directory.</summary>
    public static string Path { get; } = Find();

    /// <summary>A path inside it.</summary>
    public static string In(params ReadOnlySpan<string> parts) => System.IO.Path.Combine([Path, .. parts]);

    private static string Find()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(System.IO.Path.Combine(folder.FullName, "CodexOS.slnx"))) return folder.FullName;
        }

        throw new InvalidOperationException("The tests do not run from inside the repository.");
    }
}
