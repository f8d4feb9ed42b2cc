using System.Reflection;
using CodexOS.Platform.Blobs;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

public sealed class MapTests
{
    private const BindingFlags AnyConstructor = BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic;

    public static TheoryData<string> Projects => [.. Modules.Map.Keys];

    public static TheoryData<string> ModuleNames => [.. Modules.Names];

    [Theory]
    [MemberData(nameof(Projects))]
    public void References_point_down_only(string project)
    {
        var used = Modules.Load(project).GetReferencedAssemblies()
            .Select(name => name.Name!)
            .Where(name => name.StartsWith("CodexOS", StringComparison.OrdinalIgnoreCase));

        used.Except(Modules.Map[project]).ShouldBeEmpty($"{project} must not know these. The map is in Modules.cs.");
    }

    [Fact]
    public void Every_source_project_is_on_the_map()
    {
        var projects = Directory.EnumerateDirectories(Repository.In("src"))
            .Select(folder => Path.GetFileName(folder)!)
            .Select(name => name == "CodexOS" ? "codexos" : name);

        projects.Order(StringComparer.Ordinal).ShouldBe(Modules.Map.Keys.Order(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(ModuleNames))]
    public void A_module_has_one_class_that_wires_it_and_a_page_that_explains_it(string module)
    {
        Modules.ModuleClasses(Modules.Load(module)).ShouldHaveSingleItem().Name
            .ShouldBe(module["CodexOS.".Length..] + "Module");
        File.Exists(Repository.In("src", module, "README.md")).ShouldBeTrue($"src/{module}/README.md is missing.");
    }

    [Theory]
    [MemberData(nameof(ModuleNames))]
    public void A_module_that_writes_blobs_says_which_ones_its_rows_name(string module)
    {
        var types = Modules.Load(module).GetTypes();
        var writes = types.Any(static type => type.GetConstructors(AnyConstructor)
            .Any(static made => made.GetParameters().Any(static one => one.ParameterType == typeof(IBlobStore))));

        if (writes) types.ShouldContain(static type => type.IsClass && type.IsAssignableTo(typeof(IBlobWitness)));
    }

    [Theory]
    [MemberData(nameof(ModuleNames))]
    public void No_two_migrations_have_one_number(string module)
    {
        foreach (var folder in (string[])["sqlite/", "postgres/"])
        {
            Modules.Load(module).GetManifestResourceNames()
                .Where(name => name.StartsWith(folder, StringComparison.Ordinal))
                .GroupBy(name => name[folder.Length..].Split('_')[0], StringComparer.Ordinal)
                .Where(static same => same.Count() > 1).ShouldBeEmpty($"Which of them comes first? In {module}, {folder}");
        }
    }

    [Fact]
    public void The_host_lists_every_module() =>
        CodexOS.Host.Roles.Modules.Select(module => module.GetType().Assembly.GetName().Name)
            .Order(StringComparer.Ordinal).ShouldBe(Modules.Names.Order(StringComparer.Ordinal));
}
