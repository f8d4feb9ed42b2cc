namespace CodexOS.Platform.Storage;

/// <summary>How carefully a column's content must be handled.</summary>
public enum DataClass
{
    /// <summary>Anybody may know it.</summary>
    Public,

    /// <summary>How things stand in a tenant: ids, times, states, names of things. Members may know it.</summary>
    Internal,

    /// <summary>What people and runs have written, and what says something about a person.</summary>
    Confidential,

    /// <summary>What lets somebody in or opens something: keys, secrets, and hashes of them.</summary>
    Restricted,
}

/// <summary>Says of a column what is in it. Every column has one; the register of data is made of them.</summary>
/// <param name="dataClass">How carefully it must be handled.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class DataClassAttribute(DataClass dataClass) : Attribute
{
    /// <summary>How carefully it must be handled.</summary>
    public DataClass Class { get; } = dataClass;

    /// <summary>The property of the row that says which person it speaks of; null if it speaks of nobody.</summary>
    public string? Subject { get; init; }

    /// <summary>The key that it is encrypted with, where that is not the vault's.</summary>
    public string? EncryptedWith { get; init; }
}

/// <summary>Says of a table how long its rows are kept.</summary>
/// <param name="until">Until when, in words that end a sentence with "kept".</param>
[AttributeUsage(AttributeTargets.Class)]
public sealed class KeptAttribute(string until) : Attribute
{
    /// <summary>Until when, in words.</summary>
    public string Until { get; } = until;
}
