using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Tools.Output;

/// <summary>Cleans a run's answer; see <see cref="IOutputFilter"/>.</summary>
internal sealed partial class OutputFilter(SecretScan secrets, ToolsTelemetry telemetry) : IOutputFilter
{
    private const string Answer = "the answer";

    /// <inheritdoc />
    public Result<string> Release(string text, Policy policy)
    {
        if (secrets.Find(text, policy) is { } found)
        {
            telemetry.Blocked(Answer, found);
            return SecretScan.Blocked(Answer, found);
        }

        var clean = WithoutControls(text);
        if (clean.Contains("![", StringComparison.Ordinal) || clean.Contains('<', StringComparison.Ordinal))
            clean = Links.Image().Replace(clean, match => ImageOf(match.Value, policy));
        if (clean.Contains("](", StringComparison.Ordinal))
            clean = NamedLink().Replace(clean, match => LinkOf(match, policy));
        return clean;
    }

    /// <summary>The text without what a terminal would obey, and without marks that turn the direction of reading.</summary>
    internal static string WithoutControls(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange(' ', '~')) return text;
        var plain = Sequence().Replace(text, "");
        var kept = new StringBuilder(plain.Length);
        foreach (var character in plain)
        {
            if (character is '\n' or '\t' || (character == '\r') || !IsUnwanted(character)) kept.Append(character);
        }

        return kept.ToString();
    }

    private static bool IsUnwanted(char character) => char.IsControl(character)
        || character is (>= '\u202a' and <= '\u202e') or (>= '\u2066' and <= '\u2069');

    private static string ImageOf(string image, Policy policy)
    {
        var url = Links.Url().Match(image);
        if (url.Success && Links.IsListed(policy.Hosts, Links.HostOf(url.Value))) return image;
        var name = ImageName().Match(image);
        return name.Success && name.Groups["alt"] is { Length: > 0 } alt ? $"[image: {alt.Value}]" : "[image]";
    }

    private static string LinkOf(Match link, Policy policy)
    {
        var (name, url) = (link.Groups["name"].Value, link.Groups["url"].Value);
        if (Links.IsListed(policy.Hosts, Links.HostOf(url)) || url.StartsWith('#')) return link.Value;
        return name == url ? url : $"{name} ({url})";
    }

    [GeneratedRegex(
        "\u001b(\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\u0007\u001b]*(\u0007|\u001b\\\\)?|[ -/]*[0-~])|\u009b[0-?]*[ -/]*[@-~]",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex Sequence();

    [GeneratedRegex(
        """(?<!!)\[(?<name>[^\]\n]{0,1000})\]\(\s{0,4}<?(?<url>[^)\s>]{1,4000})[^)\n]{0,1000}\)""",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex NamedLink();

    [GeneratedRegex("""^!\[(?<alt>[^\]\n]{0,1000})\]""", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex ImageName();
}
