using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

public sealed class SurfaceTests
{
    public static TheoryData<string> Projects => [.. Modules.Map.Keys.Where(name => name != "CodexOS.Platform")];

    /// <summary>
    /// What is received and sent is public too: the framework silently skips the validation of internal requests, and the
    /// API document takes its descriptions from public types only.
    /// </summary>
    [Theory]
    [MemberData(nameof(Projects))]
    public void Only_contracts_options_the_module_itself_and_what_travels_are_public(string project)
    {
        var strays = Modules.Load(project).GetExportedTypes()
            .Where(type => type.Namespace is not { } name || !IsContract(name))
            .Where(type => !IsGenerated(type))
            .Where(type => !Travels(type) && !IsOptions(type) && type.Name is not "Program")
            .Where(type => type.Name != project.Split('.')[^1] + "Module")
            .Select(type => type.FullName);

        strays.ShouldBeEmpty("Make these internal, or move them to Contracts.");
    }

    private static bool IsContract(string name) =>
        name.EndsWith(".Contracts", StringComparison.Ordinal) || name.Contains(".Contracts.", StringComparison.Ordinal);

    /// <summary>Data and nothing else: an enum, a sealed record, or what several of them have in common.</summary>
    private static bool Travels(Type type) =>
        type.IsEnum || (type.GetMethod("<Clone>$") is not null && (type.IsSealed || (type.IsAbstract && IsShared(type))));

    private static bool IsShared(Type type) =>
        type.Assembly.GetTypes().Where(type.IsAssignableFrom).All(one => one == type || one.IsSealed);

    private static bool IsOptions(Type type) => type.IsSealed
        && (type.DeclaringType ?? type).Assembly.GetTypes().Any(options =>
            options.Name.EndsWith("Options", StringComparison.Ordinal) && IsOrHolds(options, type));

    private static bool IsOrHolds(Type options, Type type) => options == type
        || options.GetProperties().Any(property => property.PropertyType == type
            || property.PropertyType.GenericTypeArguments.Any(part => part == type || part.GenericTypeArguments.Contains(type)));

    private static bool IsGenerated(Type type) =>
        type.Namespace?.StartsWith("OrleansCodeGen", StringComparison.Ordinal) is true
        || type.Namespace?.StartsWith("Microsoft.", StringComparison.Ordinal) is true;
}
