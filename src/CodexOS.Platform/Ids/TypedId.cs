using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace CodexOS.Platform.Ids;

/// <summary>
/// An identifier that cannot be mistaken for another kind of identifier. The value is a UUID version 7 (RFC 9562), so
/// ids sort by creation time; it is printed as the kind's short prefix and 32 hexadecimal digits, as in <c>run_0198…</c>.
/// </summary>
/// <typeparam name="TSelf">The id type itself.</typeparam>
public interface ITypedId<TSelf> : IParsable<TSelf>
    where TSelf : struct, ITypedId<TSelf>
{
    /// <summary>The prefix without the underscore, for instance <c>run</c>.</summary>
    static abstract string Prefix { get; }

    /// <summary>Wraps a value that is already known to be an id of this kind.</summary>
    static abstract TSelf From(Guid value);

    /// <summary>The bare value.</summary>
    Guid Value { get; }
}

/// <summary>Makes, prints and parses typed ids.</summary>
public static class TypedId
{
    /// <summary>Makes a new id stamped with the clock's present time.</summary>
    public static TSelf New<TSelf>(TimeProvider clock)
        where TSelf : struct, ITypedId<TSelf>
    {
        ArgumentNullException.ThrowIfNull(clock);
#pragma warning disable RS0030 // This is the one place where ids are made; the time comes from the injected clock.
        return TSelf.From(Guid.CreateVersion7(clock.GetUtcNow()));
#pragma warning restore RS0030
    }

    /// <summary>Prints an id with its prefix.</summary>
    public static string Print<TSelf>(TSelf id)
        where TSelf : struct, ITypedId<TSelf> => $"{TSelf.Prefix}_{id.Value:N}";

    /// <summary>Parses the printed form; the prefix must be that of the kind asked for.</summary>
    /// <exception cref="FormatException">The text is not an id of this kind.</exception>
    public static TSelf Parse<TSelf>(string text)
        where TSelf : struct, ITypedId<TSelf> =>
        TryParse<TSelf>(text, out var id)
            ? id
            : throw new FormatException($"'{text}' is not an id of the form {TSelf.Prefix}_<32 hexadecimal digits>.");

    /// <summary>Parses the printed form, or says that it is not one.</summary>
    public static bool TryParse<TSelf>([NotNullWhen(true)] string? text, out TSelf id)
        where TSelf : struct, ITypedId<TSelf>
    {
        id = default;
        var prefix = TSelf.Prefix;
        if (text is null || text.Length != prefix.Length + 33 || text[prefix.Length] != '_'
            || !text.StartsWith(prefix, StringComparison.Ordinal)
            || !Guid.TryParseExact(text.AsSpan(prefix.Length + 1), "N", out var value))
        {
            return false;
        }

        id = TSelf.From(value);
        return true;
    }
}

/// <summary>Writes typed ids as their printed form, in values and in property names.</summary>
public sealed class TypedIdJsonConverter<TSelf> : JsonConverter<TSelf>
    where TSelf : struct, ITypedId<TSelf>
{
    /// <inheritdoc />
    public override TSelf Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        TypedId.TryParse<TSelf>(reader.GetString(), out var id)
            ? id
            : throw new JsonException($"Expected an id of the form {TSelf.Prefix}_<32 hexadecimal digits>.");

    /// <inheritdoc />
    public override void Write(Utf8JsonWriter writer, TSelf value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStringValue(TypedId.Print(value));
    }
}
