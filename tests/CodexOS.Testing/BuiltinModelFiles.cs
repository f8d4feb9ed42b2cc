namespace CodexOS.Testing;

/// <summary>The files of the built-in models, which <c>./run up</c> and <c>./run test</c> make.</summary>
public static class BuiltinModelFiles
{
    /// <summary>Where they are. A test that needs them fails without.</summary>
    public static string Folder
    {
        get
        {
            var folder = Repository.In("artifacts", "models");
            return File.Exists(Path.Combine(folder, "use-lite.model"))
                ? folder
                : throw new InvalidOperationException($"There is no model in {folder}. ./run up makes it.");
        }
    }

    /// <summary>The package that they are made of.</summary>
    public static string Package =>
        Repository.In("src", "CodexOS.Inference", "Weights", "node_modules", "@energetic-ai", "model-embeddings-en");
}
