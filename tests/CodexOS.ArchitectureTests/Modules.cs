using System.Collections.Immutable;
using System.Reflection;
using CodexOS.Platform.Modules;

namespace CodexOS.ArchitectureTests;

/// <summary>The assemblies of CodexOS, and which may know which.</summary>
internal static class Modules
{
    /// <summary>What each project may refer to besides itself. Arrows point down only.</summary>
    public static ImmutableSortedDictionary<string, string[]> Map { get; } = new Dictionary<string, string[]>
    {
        ["CodexOS.Platform"] = [],
        ["CodexOS.Trust"] = ["CodexOS.Platform"],
        ["CodexOS.Identity"] = ["CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Runs"] = ["CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Privacy"] = ["CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Inference"] = ["CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Tools"] = ["CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Sandbox"] = ["CodexOS.Tools", "CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Knowledge"] =
            ["CodexOS.Inference", "CodexOS.Tools", "CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Agents"] =
            ["CodexOS.Inference", "CodexOS.Tools", "CodexOS.Runs", "CodexOS.Trust", "CodexOS.Platform"],
        ["CodexOS.Client"] = [],
        ["CodexOS.Cli"] = ["CodexOS.Client"],
        ["codexos"] =
        [
            "CodexOS.Agents", "CodexOS.Cli", "CodexOS.Identity", "CodexOS.Inference", "CodexOS.Knowledge",
            "CodexOS.Platform", "CodexOS.Privacy", "CodexOS.Runs", "CodexOS.Sandbox", "CodexOS.Tools", "CodexOS.Trust",
        ],
    }.ToImmutableSortedDictionary();

    /// <summary>The names of those that are modules: they have a class that registers and maps them.</summary>
    public static ImmutableArray<string> Names { get; } =
        [.. Map.Keys.Where(name => ModuleClasses(Load(name)).Length > 0)];

    public static Assembly Load(string name) => Assembly.Load(name);

    public static Type[] ModuleClasses(Assembly assembly) =>
        [.. assembly.GetTypes().Where(type => !type.IsAbstract && type.IsAssignableTo(typeof(IModule)))];
}
