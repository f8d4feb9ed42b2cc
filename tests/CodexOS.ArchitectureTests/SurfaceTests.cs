using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

public sealed class SurfaceTests
{
    public static TheoryData<string> Projects => [.. Modules.Map.Keys.Where(name => name != "CodexOS.Platform")];

    /// <summary>Requests are public because the framework silently skips the validation of internal ones.</summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_contracts_options_requests_and_the_module_itself_are_public(string project)
    {
        var strays = Modules.Load(project).GetExportedTypes()
            .Where(type => type.Namespace is not { } name || !IsContract(name))
            .Where(type => !IsGenerated(type))
            .Where(type => !type.Name.EndsWith("Options", StringComparison.Ordinal)
                && !type.Name.EndsWith("Request", StringComparison.Ordinal)
                && type.Name != project.Split('.')[^1] + "Module"
                && type.Name != "Program")
            .Select(type => type.FullName);

        strays.ShouldBeEmpty("Make these internal, or move them to Contracts.");
    }

    private static bool IsContract(string name) =>
        name.EndsWith(".Contracts", StringComparison.Ordinal) || name.Contains(".Contracts.", StringComparison.Ordinal);

    private static bool IsGenerated(Type type) =>
        type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) is true
        || type.Namespace?.StartsWith("Microsoft.", StringComparison.Ordinal) is true;
}
