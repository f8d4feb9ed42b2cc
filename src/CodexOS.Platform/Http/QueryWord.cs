using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Http;

/// <summary>Reads a choice as it stands in a query, for instance <c>?state=failed</c>.</summary>
public static class QueryWord
{
    /// <summary>The value that a word stands for, in any case; null where there is no word.</summary>
    /// <typeparam name="TEnum">The choices.</typeparam>
    /// <param name="word">As it came.</param>
    /// <param name="code">The code of the fault if it stands for nothing.</param>
    public static Result<TEnum?> Read<TEnum>(string? word, string code)
        where TEnum : struct, Enum
    {
        if (word is null) return new TEnum?();
        foreach (var value in Enum.GetValues<TEnum>())
            if (string.Equals(value.ToString(), word, StringComparison.OrdinalIgnoreCase)) return new TEnum?(value);
        var words = Enum.GetNames<TEnum>().Select(JsonNamingPolicy.CamelCase.ConvertName);
        return new Fault(code, FaultKind.Invalid, $"'{word}' is not one of {string.Join(", ", words)}.");
    }
}
