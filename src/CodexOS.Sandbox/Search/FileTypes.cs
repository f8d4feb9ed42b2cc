using System.Collections.Frozen;

namespace CodexOS.Sandbox.Search;

/// <summary>Kinds of files by their names.</summary>
internal static class FileTypes
{
    /// <summary>The patterns of each kind.</summary>
    public static FrozenDictionary<string, string[]> All { get; } = new Dictionary<string, string[]>
    {
        ["c"] = ["*.c", "*.h"],
        ["cmake"] = ["CMakeLists.txt", "*.cmake"],
        ["config"] = ["*.toml", "*.ini", "*.cfg", "*.conf", "*.properties", ".env", ".editorconfig"],
        ["cpp"] = ["*.cpp", "*.cc", "*.cxx", "*.hpp", "*.hh", "*.hxx", "*.h"],
        ["csharp"] = ["*.cs", "*.csx"],
        ["css"] = ["*.css", "*.scss", "*.sass", "*.less"],
        ["docker"] = ["Dockerfile", "Dockerfile.*", "*.dockerfile", "compose.yaml", "docker-compose.y*ml"],
        ["dotnet"] = ["*.csproj", "*.fsproj", "*.sln", "*.slnx", "*.props", "*.targets", "*.razor", "*.cshtml"],
        ["go"] = ["*.go"],
        ["html"] = ["*.html", "*.htm"],
        ["java"] = ["*.java"],
        ["js"] = ["*.js", "*.cjs", "*.mjs", "*.jsx", "*.vue", "*.svelte"],
        ["json"] = ["*.json", "*.jsonl", "*.json5"],
        ["kotlin"] = ["*.kt", "*.kts"],
        ["lua"] = ["*.lua"],
        ["make"] = ["Makefile", "makefile", "GNUmakefile", "*.mk"],
        ["markdown"] = ["*.md", "*.mdx", "*.markdown"],
        ["php"] = ["*.php"],
        ["proto"] = ["*.proto"],
        ["python"] = ["*.py", "*.pyi"],
        ["ruby"] = ["*.rb", "Gemfile", "Rakefile", "*.gemspec"],
        ["rust"] = ["*.rs"],
        ["shell"] = ["*.sh", "*.bash", "*.zsh", "*.fish", ".bashrc", ".profile"],
        ["sql"] = ["*.sql"],
        ["swift"] = ["*.swift"],
        ["text"] = ["*.txt", "*.rst", "*.adoc"],
        ["ts"] = ["*.ts", "*.tsx", "*.cts", "*.mts"],
        ["xml"] = ["*.xml", "*.xsd", "*.xsl", "*.svg"],
        ["yaml"] = ["*.yaml", "*.yml"],
    }.ToFrozenDictionary(StringComparer.Ordinal);
}
