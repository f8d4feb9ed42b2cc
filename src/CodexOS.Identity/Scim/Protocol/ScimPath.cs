using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>
/// What a path or a filter speaks of (RFC 7644, section 3.5.2), for instance <c>emails[type eq "work"].value</c>. Names are in
/// lower case, since SCIM does not tell the cases apart; an attribute of another schema keeps that schema before its name.
/// </summary>
/// <param name="Attribute">The attribute.</param>
/// <param name="Part">The part of it, if the path leads to one.</param>
/// <param name="Selector">Which of its values are meant, if not all.</param>
internal sealed record ScimPath(string Attribute, string? Part, ScimCondition? Selector)
{
    public const int LengthMax = 500;

    private static readonly string[] s_core = [$"{ScimSchemas.User}:", $"{ScimSchemas.Group}:"];

    public static bool TryParse(string text, [NotNullWhen(true)] out ScimPath? path)
    {
        path = null;
        if (text.Length > LengthMax) return false;
        var reader = new ScimReader(text);
        path = Read(reader, maySelect: true);
        if (path is not null && reader.IsAtEnd) return true;
        path = null;
        return false;
    }

    /// <summary>Reads a path as far as it goes; null if there is none.</summary>
    /// <param name="reader">Where it stands.</param>
    /// <param name="maySelect">Whether it may say which values are meant; what says so cannot do so again.</param>
    public static ScimPath? Read(ScimReader reader, bool maySelect)
    {
        if (Split(reader.TakeWord()) is not { } plain) return null;
        if (!maySelect || !reader.Take('[')) return plain;
        if (plain.Part is not null || ScimCondition.Read(reader, maySelect: false) is not { } selector || !reader.Take(']'))
            return null;
        if (!reader.Take('.')) return plain with { Selector = selector };
        return Split(reader.TakeWord()) is { Part: null } part ? new ScimPath(plain.Attribute, part.Attribute, selector) : null;
    }

    private static ScimPath? Split(string word)
    {
        var core = Array.Find(s_core, schema => word.StartsWith(schema, StringComparison.OrdinalIgnoreCase));
        var name = word[(core?.Length ?? 0)..].ToLowerInvariant();
        if (name.Contains(':', StringComparison.Ordinal))
            return name.StartsWith("urn:", StringComparison.Ordinal) && name[^1] != ':' ? new ScimPath(name, null, null) : null;
        return name.Split('.') switch
        {
            [{ Length: > 0 } attribute] => new ScimPath(attribute, null, null),
            [{ Length: > 0 } attribute, { Length: > 0 } part] => new ScimPath(attribute, part, null),
            _ => null,
        };
    }
}

/// <summary>That something has a value. It is all that filters here can ask.</summary>
/// <param name="Path">What.</param>
/// <param name="Text">The text that it has; null if it is asked for being true or false.</param>
/// <param name="Flag">Whether it is true; null if it is asked for a text.</param>
internal sealed record ScimCondition(ScimPath Path, string? Text, bool? Flag)
{
    /// <summary>Reads a condition as far as it goes; null if there is none of the kind that is known.</summary>
    public static ScimCondition? Read(ScimReader reader, bool maySelect)
    {
        if (ScimPath.Read(reader, maySelect) is not { } path || !reader.TakeSpaces()
            || !reader.TakeWord().Equals("eq", StringComparison.OrdinalIgnoreCase) || !reader.TakeSpaces())
        {
            return null;
        }

        if (reader.TakeText() is { } text) return new ScimCondition(path, text, null);
        return reader.TakeWord() switch
        {
            "true" => new ScimCondition(path, null, true),
            "false" => new ScimCondition(path, null, false),
            _ => null,
        };
    }
}
