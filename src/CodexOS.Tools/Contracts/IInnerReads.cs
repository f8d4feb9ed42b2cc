using System.Text.Json;
using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Contracts;

/// <summary>
/// Lets a tool read through another one on the run's behalf, past the same gate: the run must be granted the other tool,
/// which must only read, and must be allowed the call without asking anybody.
/// </summary>
public interface IInnerReads
{
    /// <summary>
    /// What the other tool gives, with its label. Faults: those of the gate, and <c>tools.not_a_read</c>,
    /// <c>tools.inner_needs_approval</c>.
    /// </summary>
    Task<Result<InnerRead>> ReadAsync(
        ToolCall outer, string tool, JsonElement arguments, CancellationToken cancellationToken);
}

/// <summary>What another tool gave.</summary>
/// <param name="Text">The text.</param>
/// <param name="IsError">Whether it did not do what was asked.</param>
/// <param name="Label">Where the text comes from.</param>
public sealed record InnerRead(string Text, bool IsError, Label Label);
