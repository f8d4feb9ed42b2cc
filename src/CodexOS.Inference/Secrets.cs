using System.Collections.Immutable;

namespace CodexOS.Inference;

/// <summary>
/// The keys this process has read. Whatever an endpoint says about us, and whatever is written to a cassette, passes
/// through here first, because endpoints do quote keys in their error messages.
/// </summary>
internal sealed class Secrets
{
    // A shorter text is no key, and blotting it out would spoil ordinary words.
    private const int LengthMin = 6;

    private ImmutableList<string> _known = [];

    public void Add(string secret)
    {
        if (secret.Length >= LengthMin)
        {
            ImmutableInterlocked.Update(
                ref _known, (known, added) => known.Contains(added) ? known : known.Add(added), secret);
        }
    }

    public string Redact(string text) =>
        _known.Aggregate(text, (current, secret) => current.Replace(secret, "***", StringComparison.Ordinal));
}
