using CsCheck;

namespace CodexOS.Tests.Tools;

/// <summary>Generates one of a few given values.</summary>
internal static class Pick
{
    public static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
