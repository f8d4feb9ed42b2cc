using System.Reflection;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>The numbered attacks that sandbox, network and gate have to hold against are all tried.</summary>
public sealed class BatteryTests
{
    [Fact]
    public void Every_number_has_a_test()
    {
        var tried = typeof(BatteryTests).Assembly.GetTypes().SelectMany(type => type.GetMethods())
            .SelectMany(method => method.GetCustomAttributes<TraitAttribute>())
            .Where(trait => trait.Name == "battery").Select(trait => trait.Value).ToHashSet(StringComparer.Ordinal);
        // Those of the gate alone, 57 and 60, need no server and are among the tests without one.
        int[] numbers = [.. Enumerable.Range(1, 33), 58, 59, 61];
        numbers.Select(static number => $"{number}").Where(number => !tried.Contains(number)).ShouldBeEmpty();
    }
}
