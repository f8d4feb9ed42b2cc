using CodexOS.Testing;
using CodexOS.Testing.Adversary;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tests.Agents;

/// <summary>The real output filter of an installation that has no secrets.</summary>
internal static class PlainAnswers
{
    private static readonly GateParts s_parts = new([], Clocks.AtNoon());

    public static IOutputFilter Filter => s_parts.Filter;
}
