using System.Text.Json;

namespace CodexOS.Identity.Scim.Protocol;

/// <summary>Takes a filter or a path apart, from left to right. What does not fit leaves it where it was.</summary>
internal sealed class ScimReader(string text)
{
    private int _at;

    public bool IsAtEnd => _at == text.Length;

    /// <summary>Passes a character, if it is the next one.</summary>
    public bool Take(char expected)
    {
        if (IsAtEnd || text[_at] != expected) return false;
        _at++;
        return true;
    }

    /// <summary>Passes spaces; false if there are none.</summary>
    public bool TakeSpaces()
    {
        var from = _at;
        while (!IsAtEnd && text[_at] == ' ') _at++;
        return _at > from;
    }

    /// <summary>Passes a word of the characters that names and operators are made of; empty if there is none.</summary>
    public string TakeWord()
    {
        var from = _at;
        while (!IsAtEnd && (char.IsAsciiLetterOrDigit(text[_at]) || text[_at] is ':' or '.' or '_' or '-' or '$')) _at++;
        return text[from.._at];
    }

    /// <summary>Passes a text in quotes, written as in JSON; null if there is none.</summary>
    public string? TakeText()
    {
        if (IsAtEnd || text[_at] != '"') return null;
        var end = _at + 1;
        while (end < text.Length && text[end] != '"') end += text[end] == '\\' ? 2 : 1;
        if (end >= text.Length) return null;
        try
        {
            var read = JsonSerializer.Deserialize<string>(text.AsSpan(_at, end + 1 - _at));
            _at = end + 1;
            return read;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
