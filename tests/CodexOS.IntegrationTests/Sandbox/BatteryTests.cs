using System.Reflection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>The numbered attacks that the sandbox has to hold against are all tried.</summary>
public sealed class BatteryTests
{
    [Fact]
    public void Every_number_from_1_to_21_has_a_test()
    {
        var tried = typeof(BatteryTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "battery").Select(trait => trait.Value).ToHashSet(StringComparer.Ordinal);
        Enumerable.Range(1, 21).Select(number => $"{number}").Where(number => !tried.Contains(number)).ShouldBeEmpty();
    }
}
