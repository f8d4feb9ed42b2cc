using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Ids;

namespace CodexOS.Identity.Scim;

/// <summary>A member, as SCIM describes one (RFC 7643, section 4.1).</summary>
/// <param name="Schemas">Says that this is a user.</param>
/// <param name="Id">The person's id here.</param>
/// <param name="UserName">The email address.</param>
/// <param name="Name">The name.</param>
/// <param name="DisplayName">How the person is shown to others.</param>
/// <param name="Emails">The one address.</param>
/// <param name="Active">Whether the provider and the tenant let the person act.</param>
/// <param name="Groups">The groups that the person is in.</param>
/// <param name="Meta">What is known of the entry itself.</param>
public sealed record ScimUser(
    IReadOnlyList<string> Schemas, UserId Id, string UserName, ScimName Name, string DisplayName,
    IReadOnlyList<ScimEmail> Emails, bool Active, IReadOnlyList<ScimMembership> Groups, ScimMeta Meta)
{
    /// <summary>The person's id at the provider.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }
}

/// <summary>A name and its parts.</summary>
/// <param name="Formatted">The whole name, as the person is shown to others.</param>
public sealed record ScimName(string Formatted)
{
    /// <summary>The given name, if the provider said one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? GivenName { get; init; }

    /// <summary>The family name, if the provider said one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? FamilyName { get; init; }
}

/// <summary>An address of a person.</summary>
/// <param name="Value">The address.</param>
/// <param name="Type">Always <c>work</c>.</param>
/// <param name="Primary">Always true.</param>
public sealed record ScimEmail(string Value, string Type, bool Primary);

/// <summary>A group that a person is in.</summary>
/// <param name="Value">The group's id.</param>
/// <param name="Display">What the group is called.</param>
/// <param name="Reference">Where it is.</param>
public sealed record ScimMembership(
    ScimGroupId Value, string Display, [property: JsonPropertyName("$ref")] string Reference);

/// <summary>What is known of an entry itself.</summary>
/// <param name="ResourceType">What it is.</param>
/// <param name="Created">When it was made.</param>
/// <param name="LastModified">When it was changed last.</param>
/// <param name="Location">Where it is.</param>
public sealed record ScimMeta(string ResourceType, DateTimeOffset Created, DateTimeOffset LastModified, string Location)
{
    /// <summary>Its version, as <c>ETag</c> and <c>If-Match</c> have it.</summary>
    public string Version { get; init; } = "";
}

/// <summary>A group, as SCIM describes one (RFC 7643, section 4.2).</summary>
/// <param name="Schemas">Says that this is a group.</param>
/// <param name="Id">Its id here.</param>
/// <param name="DisplayName">What it is called.</param>
/// <param name="Members">Who is in it.</param>
/// <param name="Meta">What is known of the entry itself.</param>
public sealed record ScimGroup(
    IReadOnlyList<string> Schemas, ScimGroupId Id, string DisplayName, IReadOnlyList<ScimGroupMember> Members, ScimMeta Meta)
{
    /// <summary>The group's id at the provider.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ExternalId { get; init; }
}

/// <summary>Somebody who is in a group.</summary>
/// <param name="Value">The person's id here.</param>
/// <param name="Display">How the person is shown to others.</param>
/// <param name="Type">Always <c>User</c>.</param>
/// <param name="Reference">Where the person is.</param>
public sealed record ScimGroupMember(
    UserId Value, string Display, string Type, [property: JsonPropertyName("$ref")] string Reference);

/// <summary>A part of a list (RFC 7644, section 3.4.2).</summary>
/// <param name="Schemas">Says that this is a list.</param>
/// <param name="TotalResults">How many there are in all.</param>
/// <param name="StartIndex">The place of the first one here, from 1.</param>
/// <param name="ItemsPerPage">How many are here.</param>
/// <param name="Resources">They themselves, in a lasting order.</param>
public sealed record ScimList<T>(
    IReadOnlyList<string> Schemas, int TotalResults, int StartIndex, int ItemsPerPage,
    [property: JsonPropertyName("Resources")] IReadOnlyList<T> Resources);

/// <summary>A refusal (RFC 7644, section 3.12), with the code that every fault here has.</summary>
/// <param name="Schemas">Says that this is a refusal.</param>
/// <param name="Status">The HTTP status, as a text.</param>
/// <param name="Detail">What is wrong and what to do.</param>
/// <param name="Code">Stable name of the failure.</param>
/// <param name="TraceId">Leads to the server's log.</param>
public sealed record ScimError(IReadOnlyList<string> Schemas, string Status, string Detail, string Code, string? TraceId)
{
    /// <summary>SCIM's word for the failure, where it has one.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? ScimType { get; init; }
}

/// <summary>
/// A person whom a provider makes or replaces. Names of members are taken in any case, and what is not listed is passed over.
/// </summary>
public sealed record ScimUserRequest
{
    /// <summary>The email address, in a domain that is verified for the tenant.</summary>
    [Required]
    public string UserName { get; init; } = "";

    /// <summary>The person's id at the provider, at most 256 characters.</summary>
    public string? ExternalId { get; init; }

    /// <summary>How the person is shown to others; cut to 100 characters.</summary>
    public string? DisplayName { get; init; }

    /// <summary>The name; without a display name, the person is shown by it.</summary>
    public ScimName? Name { get; init; }

    /// <summary>Whether the person may act: true for a new one, and as it is for another.</summary>
    public bool? Active { get; init; }
}

/// <summary>A group that a provider makes or replaces.</summary>
public sealed record ScimGroupRequest
{
    /// <summary>What it is called, 1 to 256 characters.</summary>
    [Required]
    public string DisplayName { get; init; } = "";

    /// <summary>The group's id at the provider, at most 256 characters.</summary>
    public string? ExternalId { get; init; }

    /// <summary>Who is in it, each as <c>{"value": "usr_…"}</c>.</summary>
    public IReadOnlyList<ScimReference>? Members { get; init; }
}

/// <summary>Names a person.</summary>
/// <param name="Value">The person's id here.</param>
public sealed record ScimReference(UserId Value);

/// <summary>Changes of a user or a group (RFC 7644, section 3.5.2).</summary>
public sealed record ScimPatchRequest
{
    /// <summary>What to do, in this order; all of it is done or nothing.</summary>
    [Required]
    [JsonPropertyName("Operations")]
    public IReadOnlyList<ScimPatchOperationRequest> Operations { get; init; } = [];
}

/// <summary>One change.</summary>
public sealed record ScimPatchOperationRequest
{
    /// <summary><c>add</c>, <c>replace</c> or <c>remove</c>, in any case.</summary>
    [Required]
    public string Op { get; init; } = "";

    /// <summary>To what; without one, the value is an object of attributes.</summary>
    public string? Path { get; init; }

    /// <summary>The value.</summary>
    public JsonElement? Value { get; init; }
}
