using System.Diagnostics.CodeAnalysis;

namespace CodexOS.Platform.Faults;

/// <summary>Either a value or the fault that kept it from being made.</summary>
/// <typeparam name="T">What is there when all went well.</typeparam>
public readonly struct Result<T>
{
    private readonly T? _value;
    private readonly Fault? _fault;

    private Result(T? value, Fault? fault) => (_value, _fault) = (value, fault);

    /// <summary>Whether there is a value.</summary>
    public bool IsOk => _fault is null;

    /// <summary>Takes the result apart: true with the value, or false with the fault.</summary>
    public bool TryGet([MaybeNullWhen(false)] out T value, [NotNullWhen(false)] out Fault? fault)
    {
        value = _value;
        fault = _fault;
        return fault is null;
    }

    /// <summary>The value of a result that is known to have one.</summary>
    /// <exception cref="InvalidOperationException">There is a fault instead.</exception>
    public T Value => _fault is null
        ? _value!
        : throw new InvalidOperationException($"There is no value, but a fault: {_fault}");

    /// <summary>The fault of a result that is known to have one.</summary>
    /// <exception cref="InvalidOperationException">There is a value instead.</exception>
    public Fault Fault => _fault ?? throw new InvalidOperationException("There is a value, not a fault.");

    /// <summary>Wraps a value.</summary>
    [SuppressMessage("Usage", "CA2225", Justification = "Result.Ok is the named form.")]
    public static implicit operator Result<T>(T value) => new(value, null);

    /// <summary>Wraps a fault.</summary>
    [SuppressMessage("Usage", "CA2225", Justification = "Result.Failed is the named form.")]
    public static implicit operator Result<T>(Fault fault) =>
        new(default, fault ?? throw new ArgumentNullException(nameof(fault)));
}

/// <summary>A value for results that carry none.</summary>
public readonly record struct Done
{
    /// <summary>The only value.</summary>
    public static Done Value => default;
}
