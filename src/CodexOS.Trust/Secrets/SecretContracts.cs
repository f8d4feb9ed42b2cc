using System.ComponentModel.DataAnnotations;

namespace CodexOS.Trust.Secrets;

/// <summary>A secret to keep, and where it may go.</summary>
/// <param name="Value">The secret.</param>
/// <param name="Hosts">
/// The only hosts that it goes to, as in egress rules: <c>api.example.com</c> or <c>*.example.com</c>. Without any it goes
/// nowhere.
/// </param>
/// <param name="Header">The header that carries it; <c>Authorization</c> if not given.</param>
/// <param name="Prefix">What stands before it in the header; <c>Bearer </c> if not given.</param>
/// <param name="AllowPlainHttp">Whether it may also go over plain HTTP, where everyone on the way can read it.</param>
public sealed record SetSecretRequest(
    [property: Required, StringLength(65_536, MinimumLength = 1)] string? Value,
    [property: MaxLength(32)] IReadOnlyList<string>? Hosts = null,
    [property: StringLength(100, MinimumLength = 1)] string? Header = null,
    [property: StringLength(100)] string? Prefix = null,
    bool AllowPlainHttp = false);

/// <summary>A secret without its value.</summary>
/// <param name="Name">What definitions name it by.</param>
/// <param name="Hosts">The only hosts that it goes to.</param>
/// <param name="Header">The header that carries it.</param>
/// <param name="Prefix">What stands before it in the header.</param>
/// <param name="AllowPlainHttp">Whether it may go over plain HTTP.</param>
/// <param name="Revision">Grows with every change.</param>
/// <param name="CreatedAt">When it was first set.</param>
/// <param name="CreatedBy">Who set it first.</param>
/// <param name="ChangedAt">When it was last set.</param>
/// <param name="ChangedBy">Who set it last.</param>
public sealed record SecretSummary(
    string Name, IReadOnlyList<string> Hosts, string Header, string Prefix, bool AllowPlainHttp, int Revision,
    DateTimeOffset CreatedAt, string CreatedBy, DateTimeOffset ChangedAt, string ChangedBy);

/// <summary>A secret with its value.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Value">The secret.</param>
public sealed record RevealedSecret(string Name, string Value)
{
    /// <summary>The name only.</summary>
    public override string ToString() => $"{Name}: ***";
}
