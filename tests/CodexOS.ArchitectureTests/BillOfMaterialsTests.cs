using System.Text.Json;
using CodexOS.Docs;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

/// <summary>The bill of materials says what the lock files pin, all of it and nothing else.</summary>
public sealed class BillOfMaterialsTests
{
    private static readonly string s_text = GeneratedDocs.SbomOf(Repository.Path);
    private static readonly JsonElement s_bill = JsonElement.Parse(s_text);

    [Fact]
    public void It_is_CycloneDX_and_the_same_for_the_same_lock_files()
    {
        Text(s_bill, "bomFormat").ShouldBe("CycloneDX");
        Text(s_bill, "specVersion").ShouldBe("1.6");
        Text(s_bill, "serialNumber").ShouldMatch("^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$");
        GeneratedDocs.SbomOf(Repository.Path).ShouldBe(s_text);
        var references = Components().Select(static one => Text(one, "bom-ref")).ToList();
        references.ShouldBeUnique();
        references.ShouldBeInOrder(SortDirection.Ascending, StringComparer.Ordinal);
    }

    [Fact]
    public void Every_package_that_is_pinned_is_in_it_with_its_version_and_hash()
    {
        var told = Components().Select(static one => (Text(one, "purl").Split('/', ':')[1], Text(one, "name"), Text(one, "version")))
            .ToHashSet();
        var pinned = new HashSet<(string, string, string)>();
        foreach (var path in Directory.GetFiles(Repository.In("src"), "packages.lock.json", SearchOption.AllDirectories))
        {
            foreach (var framework in Read(path).GetProperty("dependencies").EnumerateObject())
            {
                foreach (var package in framework.Value.EnumerateObject().Where(static one => Text(one.Value, "type") != "Project"))
                    pinned.Add(("nuget", package.Name, Text(package.Value, "resolved")));
            }
        }

        foreach (var package in Read(Repository.In("web", "package-lock.json")).GetProperty("packages").EnumerateObject())
        {
            if (package.Name.Length > 0)
                pinned.Add(("npm", package.Name.Split("node_modules/")[^1], Text(package.Value, "version")));
        }

        told.ShouldBe(pinned, ignoreOrder: true);
        Components().ShouldContain(static one => Text(one, "name") == "Npgsql" && Text(one, "scope") == "required");
        Components().ShouldContain(static one => Text(one, "name") == "vitest" && Text(one, "scope") == "excluded");
        Components().Where(static one => !IsPinned(one)).ShouldBeEmpty();
    }

    private static bool IsPinned(JsonElement component) =>
        component.TryGetProperty("properties", out _) || component.TryGetProperty("hashes", out _);

    private static IEnumerable<JsonElement> Components() => s_bill.GetProperty("components").EnumerateArray();

    private static JsonElement Read(string path) => JsonElement.Parse(File.ReadAllText(path));

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;
}
