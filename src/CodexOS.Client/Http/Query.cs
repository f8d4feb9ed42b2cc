using System.Text;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Http;

/// <summary>Builds the address of a call, escaping whatever goes into it.</summary>
internal sealed class Query(string path)
{
    private readonly StringBuilder _text = new(path);
    private bool _hasOne;

    /// <summary>A name as one part of a path. Empty, one dot and two dots would mean another address.</summary>
    public static string Segment(string value) => value is "" or "." or ".."
        ? throw new CodexOSException("client.bad_name", FaultKind.Invalid, $"'{value}' cannot be a name or an id.")
        : Uri.EscapeDataString(value);

    public Query With(string name, string? value)
    {
        if (value is null) return this;
        _text.Append(_hasOne ? '&' : '?').Append(name).Append('=').Append(Uri.EscapeDataString(value));
        _hasOne = true;
        return this;
    }

    public Query With(string name, long? value) => With(name, value?.ToString());

    public override string ToString() => _text.ToString();
}
