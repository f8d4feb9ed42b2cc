using System.Text.Json.Serialization;

namespace CodexOS.Cli.Doctor;

/// <summary>How a check went.</summary>
[JsonConverter(typeof(CheckStateConverter))]
internal enum CheckState
{
    /// <summary>As it should be.</summary>
    Ok,

    /// <summary>Something will not work, but most will.</summary>
    Warn,

    /// <summary>CodexOS does not work like this.</summary>
    Fail,
}

/// <summary>One thing that was checked.</summary>
/// <param name="Name">What.</param>
/// <param name="State">How it went.</param>
/// <param name="Message">What was found.</param>
/// <param name="Fix">What to do about it.</param>
internal sealed record Check(string Name, CheckState State, string Message, string? Fix = null);

/// <summary>What <c>codexos doctor --json</c> prints.</summary>
/// <param name="Ok">Whether nothing failed.</param>
/// <param name="Checks">Each check.</param>
internal sealed record DoctorReport(bool Ok, IReadOnlyList<Check> Checks);

internal sealed class CheckStateConverter() :
    JsonStringEnumConverter<CheckState>(System.Text.Json.JsonNamingPolicy.CamelCase);
