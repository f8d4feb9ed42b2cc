using System.Collections.Immutable;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// What a model had read when it asked for a call. A program folds it from its journal and hands it over as the step's
/// prepared value, so that it is the same after every restart, fork and retry. It only ever loses trust.
/// </summary>
public sealed record CallContext
{
    /// <summary>A context of which nothing is known: whatever needs trust is not allowed by itself.</summary>
    public static CallContext Unknown { get; } = new()
    {
        Control = Integrity.Web,
        Data = Integrity.Web,
        Readers = Readers.Nobody,
        UntrustedOrigin = "a context that was not recorded",
        PrivateOrigin = "a context that was not recorded",
    };

    /// <summary>A context in which nothing was read yet.</summary>
    public static CallContext Empty { get; } = new();

    /// <summary>The least trusted of what could carry an instruction.</summary>
    public Integrity Control { get; init; } = Integrity.System;

    /// <summary>The least trusted of everything, values of closed types included.</summary>
    public Integrity Data { get; init; } = Integrity.System;

    /// <summary>Who may read all of it.</summary>
    public Readers Readers { get; init; } = Readers.Everyone;

    /// <summary>Where the least trusted value comes from, for explanations.</summary>
    public string UntrustedOrigin { get; init; } = "";

    /// <summary>Where the value with the fewest readers comes from, for explanations.</summary>
    public string PrivateOrigin { get; init; } = "";

    /// <summary>The values, oldest first.</summary>
    public ValueList Values { get; init; } = ValueList.Empty;

    /// <summary>How many calls of each tool were asked for before.</summary>
    public ImmutableDictionary<string, int> CallsBefore { get; init; } = ImmutableDictionary<string, int>.Empty;

    /// <summary>The label of whatever is made of all of it.</summary>
    public Label Label => new(Data, Readers);

    /// <summary>The context after a value was read.</summary>
    public CallContext Read(LabelledValue value)
    {
        ArgumentNullException.ThrowIfNull(value);
        var label = value.Label;
        var readers = Readers.Join(label.Readers);
        return this with
        {
            Control = label.IsClosed || label.Integrity >= Control ? Control : label.Integrity,
            Data = label.Integrity < Data ? label.Integrity : Data,
            UntrustedOrigin = label.Integrity < Data ? value.Origin : UntrustedOrigin,
            Readers = readers,
            PrivateOrigin = readers.Equals(Readers) ? PrivateOrigin : value.Origin,
            Values = Values.Add(value),
        };
    }

    /// <summary>The context after a call of a tool was asked for.</summary>
    public CallContext Called(string tool) => this with
    {
        CallsBefore = CallsBefore.SetItem(tool, CallsBefore.GetValueOrDefault(tool) + 1),
    };
}
