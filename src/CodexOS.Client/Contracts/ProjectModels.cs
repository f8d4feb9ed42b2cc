namespace CodexOS.Client.Contracts;

/// <summary>Some of the tenant's things, and who may do what with them.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it is about, in one line.</param>
/// <param name="MembersCount">How many members and service accounts belong to it.</param>
/// <param name="ThingsCount">How many things lie in it.</param>
/// <param name="CreatedAt">When it was made.</param>
/// <param name="CreatedBy">Who made it.</param>
public sealed record Project(
    string Name, string Title, int MembersCount, int ThingsCount, DateTimeOffset CreatedAt, string CreatedBy);

/// <summary>A project to make.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Title">What it is about, in one line.</param>
public sealed record CreateProject(string Name, string Title = "");

/// <summary>Somebody who belongs to a project.</summary>
/// <param name="Subject">Who, by id.</param>
/// <param name="Kind"><c>user</c> or <c>serviceAccount</c>.</param>
/// <param name="Name">How they are shown to people.</param>
/// <param name="Role">Their role in the project.</param>
/// <param name="Permissions">What they may do with the project's things, and with the project.</param>
/// <param name="Since">Since when they belong to it.</param>
public sealed record ProjectMember(
    string Subject, string Kind, string Name, string Role, IReadOnlyList<string> Permissions, DateTimeOffset Since);

/// <summary>A thing that lies in a project.</summary>
/// <param name="Thing">The thing, as <c>kind:name</c>.</param>
/// <param name="Kind">What kind of thing it is.</param>
/// <param name="Name">Its name or id.</param>
/// <param name="Since">Since when it lies there.</param>
public sealed record ProjectThing(string Thing, string Kind, string Name, DateTimeOffset Since);
