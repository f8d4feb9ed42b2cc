using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Sandbox.Execution;

/// <summary>
/// What bubblewrap reports of itself. The reports arrive in fragments. An exit code comes only if the sandbox was set up
/// completely and the program began: without one, a guard is missing.
/// </summary>
internal sealed partial class SandboxStatus
{
    private const int LengthMax = 4096;
    private readonly StringBuilder _text = new();

    /// <summary>The process that is number 1 inside, by its number outside.</summary>
    public int? Child => Read(ChildPattern());

    /// <summary>The exit code of the program.</summary>
    public int? ExitCode => Read(ExitPattern());

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (_text.Length < LengthMax) _text.Append(Encoding.ASCII.GetString(bytes));
    }

    private int? Read(Regex pattern)
    {
        var match = pattern.Match(_text.ToString());
        return match.Success ? int.Parse(match.Groups["n"].ValueSpan, CultureInfo.InvariantCulture) : null;
    }

    [GeneratedRegex("\"child-pid\": *(?<n>[0-9]{1,9})[^0-9]", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ChildPattern();

    [GeneratedRegex("\"exit-code\": *(?<n>[0-9]{1,9})[^0-9]", RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex ExitPattern();
}
