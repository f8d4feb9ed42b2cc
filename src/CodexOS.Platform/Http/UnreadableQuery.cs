using System.Globalization;
using System.Reflection;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Metadata;

namespace CodexOS.Platform.Http;

/// <summary>Finds the values of a query that cannot be read. The framework answers 400 for them without a word.</summary>
internal static class UnreadableQuery
{
    private static readonly MethodInfo s_reads =
        typeof(UnreadableQuery).GetMethod(nameof(Reads), BindingFlags.NonPublic | BindingFlags.Static)!;

    /// <summary>What is wrong with the query for the endpoint that refused it; null where every value can be read.</summary>
    public static string? Words(HttpContext context)
    {
        var parameters = context.GetEndpoint()?.Metadata.OfType<IParameterBindingMetadata>() ?? [];
        foreach (var parameter in parameters.Where(static one => one.HasTryParse))
        {
            if (context.Request.Query[parameter.Name].ToString() is not { Length: > 0 } value) continue;
            if (CanRead(parameter.ParameterInfo.ParameterType, value)) continue;
            return $"'{(value.Length > 200 ? value[..200] : value)}' is not a valid {parameter.Name}.";
        }

        return null;
    }

    private static bool CanRead(Type type, string value)
    {
        var plain = Nullable.GetUnderlyingType(type) ?? type;
        var isParsable = plain.GetInterfaces().Any(static one =>
            one.IsGenericType && one.GetGenericTypeDefinition() == typeof(IParsable<>));
        return !isParsable || (bool)s_reads.MakeGenericMethod(plain).Invoke(null, [value])!;
    }

    private static bool Reads<T>(string value)
        where T : IParsable<T> => T.TryParse(value, CultureInfo.InvariantCulture, out _);
}
