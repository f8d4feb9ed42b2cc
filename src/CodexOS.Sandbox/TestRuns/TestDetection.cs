using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Tools;
using CodexOS.Sandbox.Workspaces;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>Recognizes by its files what a project is tested with.</summary>
internal static partial class TestDetection
{
    private const int ManifestBytesMax = 1 << 20;
    private static readonly string[] s_folders = ["test", "tests", "__tests__", "src"];

    /// <summary>The runners that fit a folder, the likeliest first.</summary>
    public static Result<List<TestRunner>> Find(Folder files, WorkspacePath folder)
    {
        if (!WorkspaceFiles.List(files, folder).TryGet(out var entries, out var fault)) return fault;
        var names = entries.Where(static entry => entry.Kind == EntryKind.File).Select(static entry => entry.Name).ToHashSet();
        var below = s_folders.Where(name => entries.Exists(entry => entry.Kind == EntryKind.Directory && entry.Name == name))
            .SelectMany(name => NamesIn(files, $"{folder.Value}/{name}")).ToHashSet();
        var found = new List<TestRunner>();
        if (names.Contains("package.json") && OfPackage(TextOf(files, folder, "package.json")) is { } javaScript) found.Add(javaScript);
        if (names.Contains("go.mod")) found.Add(TestRunner.Go);
        if (names.Contains("Cargo.toml")) found.Add(TestRunner.Cargo);
        if (names.Any(static name => DotNetProject().IsMatch(name))) found.Add(TestRunner.DotNet);
        if (OfPython(files, folder, names, below) is { } python) found.Add(python);
        if (names.Contains("CTestTestfile.cmake") || NamesIn(files, $"{folder.Value}/build").Contains("CTestTestfile.cmake"))
            found.Add(TestRunner.CTest);
        var isNodeTested = names.Concat(below).Any(static name => NodeTest().IsMatch(name));
        if (isNodeTested && !found.Exists(static it => it == TestRunner.Vitest || it == TestRunner.Jest || it == TestRunner.Node))
            found.Add(TestRunner.Node);
        return found;
    }

    /// <summary>What a package's own test script calls, or what it has installed.</summary>
    private static TestRunner? OfPackage(string? manifest)
    {
        if (manifest is null) return null;
        try
        {
            using var document = JsonDocument.Parse(manifest);
            if (document.RootElement.ValueKind != JsonValueKind.Object) return null;
            var script = document.RootElement.TryGetProperty("scripts", out var scripts) && scripts.ValueKind == JsonValueKind.Object
                && scripts.TryGetProperty("test", out var test) && test.ValueKind == JsonValueKind.String ? test.GetString()! : "";
            if (Word("vitest").IsMatch(script)) return TestRunner.Vitest;
            if (Word("jest").IsMatch(script)) return TestRunner.Jest;
            if (script.Contains("node ", StringComparison.Ordinal) && script.Contains("--test", StringComparison.Ordinal)) return TestRunner.Node;
            if (Has(document.RootElement, "vitest")) return TestRunner.Vitest;
            return Has(document.RootElement, "jest") ? TestRunner.Jest : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Has(JsonElement package, string name) => ((string[])["devDependencies", "dependencies"]).Any(list =>
        package.TryGetProperty(list, out var packages) && packages.ValueKind == JsonValueKind.Object
        && packages.TryGetProperty(name, out _));

    private static TestRunner? OfPython(Folder files, WorkspacePath folder, HashSet<string> names, HashSet<string> below)
    {
        var isPytest = names.Contains("pytest.ini") || names.Contains("conftest.py") || below.Contains("conftest.py")
            || TextOf(files, folder, "pyproject.toml")?.Contains("[tool.pytest", StringComparison.Ordinal) is true
            || TextOf(files, folder, "setup.cfg")?.Contains("[tool:pytest]", StringComparison.Ordinal) is true;
        if (isPytest) return TestRunner.Pytest;
        return names.Concat(below).Any(static name => PythonTest().IsMatch(name)) ? TestRunner.Python : null;
    }

    private static IEnumerable<string> NamesIn(Folder files, string path) =>
        WorkspacePath.Parse(path.TrimStart('/')).TryGet(out var folder, out _)
            && WorkspaceFiles.List(files, folder).TryGet(out var entries, out _)
            ? entries.Where(static entry => entry.Kind == EntryKind.File).Select(static entry => entry.Name)
            : [];

    private static string? TextOf(Folder files, WorkspacePath folder, string name) =>
        WorkspacePath.Parse($"{folder.Value}/{name}".TrimStart('/')).TryGet(out var path, out _)
            && TextFile.Read(files, path, ManifestBytesMax).TryGet(out var text, out _) ? text : null;

    private static Regex Word(string name) => new($@"\b{name}\b", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture);

    [GeneratedRegex(@"\.(slnx?|csproj|fsproj|vbproj)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex DotNetProject();

    [GeneratedRegex(@"^(test.*|.+[._-]test)\.(js|cjs|mjs)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex NodeTest();

    [GeneratedRegex(@"^(test.*|.+_test)\.py$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex PythonTest();
}
