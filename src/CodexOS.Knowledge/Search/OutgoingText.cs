using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Search;

/// <summary>
/// Looks at what is about to leave for a model that makes vectors or ranks passages: a text with a secret of the server or of the
/// tenants in it is not sent.
/// </summary>
internal sealed class OutgoingText(IOutputFilter filter)
{
    /// <summary>Why a text must not be sent; null if it may.</summary>
    public Fault? SecretIn(string text) => filter.Release(text, Policy.Default).TryGet(out _, out var blocked) ? null : blocked;
}
