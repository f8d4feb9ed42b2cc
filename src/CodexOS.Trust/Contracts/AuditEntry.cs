using System.Collections.Immutable;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;

namespace CodexOS.Trust.Contracts;

/// <summary>
/// Something that happened and must be provable later: who did what to what, and how it ended. What says something about a
/// person goes into <see cref="Personal"/>, from where it can be erased without breaking a proof; everything else is there
/// for good. Neither ever holds a secret, a prompt, or what a model or tool said.
/// </summary>
/// <param name="Action">What was done, as <c>resource.verb</c>: lower case words with underscores, for instance
/// <c>api_keys.create</c>; at most 64 characters.</param>
/// <param name="Outcome">How it ended.</param>
public sealed record AuditEntry(string Action, AuditOutcome Outcome)
{
    /// <summary>
    /// In whose log it belongs. By default the tenant that the code works for; outside of any tenant, the log of the
    /// installation itself.
    /// </summary>
    public TenantId? Tenant { get; init; }

    /// <summary>Who did it. By default the caller of the present request; outside of one, the system.</summary>
    public AuditActor? Actor { get; init; }

    /// <summary>What it was done to, where there is such a thing.</summary>
    public AuditResource? Resource { get; init; }

    /// <summary>
    /// Further facts: at most 32, with names of at most 64 characters. Values over 1,024 characters are cut.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Details { get; init; } = None;

    /// <summary>
    /// Facts about a person, for instance an email address: at most 16. The log itself keeps only a commitment to each.
    /// </summary>
    public ImmutableSortedDictionary<string, string> Personal { get; init; } = None;

    /// <summary>
    /// Whom <see cref="Personal"/> speaks of, as a printed id; by default the actor. Erasing that person erases these facts.
    /// Of somebody who has no id yet, the id of what stands for them, for instance an invitation: see
    /// <see cref="IAuditSubjects"/>. Facts about an actor of whom nothing is known are nobody's, whatever this says: who tries
    /// to sign in as somebody need not be them.
    /// </summary>
    public string? Subject { get; init; }

    private static ImmutableSortedDictionary<string, string> None { get; } =
        ImmutableSortedDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>Something that was done.</summary>
    public static AuditEntry Done(string action) => new(action, AuditOutcome.Done);

    /// <summary>Something that was asked for and refused.</summary>
    /// <param name="action">What was asked for.</param>
    /// <param name="code">The code of the fault that refused it.</param>
    public static AuditEntry Denied(string action, string code) =>
        new AuditEntry(action, AuditOutcome.Denied).With("code", code);

    /// <summary>Something that was tried and did not work.</summary>
    /// <param name="action">What was tried.</param>
    /// <param name="code">The code of the fault that kept it from working.</param>
    public static AuditEntry Failed(string action, string code) =>
        new AuditEntry(action, AuditOutcome.Failed).With("code", code);

    /// <summary>Says what it was done to.</summary>
    /// <param name="type">The kind of thing, for instance <c>api_key</c>.</param>
    /// <param name="id">Which one: its id, or its name where that is what it goes by.</param>
    public AuditEntry On(string type, string id) => this with { Resource = new AuditResource(type, id) };

    /// <summary>Says who did it.</summary>
    public AuditEntry By(AuditActor actor) => this with { Actor = actor };

    /// <summary>Says in whose log it belongs.</summary>
    public AuditEntry In(TenantId tenant) => this with { Tenant = tenant };

    /// <summary>Adds a fact that stays for good.</summary>
    public AuditEntry With(string name, string value) => this with { Details = Details.SetItem(name, value) };

    /// <summary>Adds a fact about a person, which can be erased.</summary>
    public AuditEntry WithPersonal(string name, string value) => this with { Personal = Personal.SetItem(name, value) };
}

/// <summary>How an action ended.</summary>
public enum AuditOutcome
{
    /// <summary>It was done.</summary>
    Done,

    /// <summary>It was not allowed.</summary>
    Denied,

    /// <summary>It was tried and did not work.</summary>
    Failed,
}

/// <summary>Who did something.</summary>
/// <param name="Kind">What kind of actor.</param>
/// <param name="Id">Which one, as its printed id; of the system, <c>codexos</c>; of somebody unknown, empty.</param>
public sealed record AuditActor(AuditActorKind Kind, string Id)
{
    /// <summary>CodexOS itself.</summary>
    public static AuditActor System { get; } = new(AuditActorKind.System, "codexos");

    /// <summary>Somebody who has not signed in.</summary>
    public static AuditActor Anonymous { get; } = new(AuditActorKind.Anonymous, "");

    /// <summary>A person.</summary>
    public static AuditActor Of(UserId user) => new(AuditActorKind.User, user.ToString());

    /// <summary>The user behind a request.</summary>
    public static AuditActor Of(Caller caller)
    {
        ArgumentNullException.ThrowIfNull(caller);
        return Of(caller.User);
    }
}

/// <summary>What kinds of actors there are.</summary>
public enum AuditActorKind
{
    /// <summary>Somebody who has not signed in.</summary>
    Anonymous,

    /// <summary>A person who has signed in.</summary>
    User,

    /// <summary>A program with an account of its own.</summary>
    ServiceAccount,

    /// <summary>CodexOS itself: a timer, a start, a run.</summary>
    System,
}

/// <summary>What something was done to.</summary>
/// <param name="Type">The kind of thing, lower case, for instance <c>connection</c>; at most 64 characters.</param>
/// <param name="Id">Which one; at most 256 characters.</param>
public sealed record AuditResource(string Type, string Id);
