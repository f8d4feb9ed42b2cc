using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;

namespace CodexOS.Tools.Contracts;

/// <summary>Lets the server behind a tool have the run's own model write something, past the gate of models.</summary>
public interface IToolSampler
{
    /// <summary>What the model writes. Faults: those of the model's gate and provider, and <c>agents.no_reader</c>.</summary>
    Task<Result<SamplingReply>> SampleAsync(ToolCall call, SamplingWish wish, CancellationToken cancellationToken);
}

/// <summary>What a server wants written. It is a stranger's text, and the model has no tools while it reads it.</summary>
/// <param name="System">How the model is to behave, if the server says so.</param>
/// <param name="Messages">The conversation so far.</param>
/// <param name="TokensMax">How much may be written at most; null leaves it to CodexOS.</param>
public sealed record SamplingWish(string? System, IReadOnlyList<SamplingMessage> Messages, int? TokensMax);

/// <summary>One message of it.</summary>
/// <param name="IsModels">Whether the model has written it.</param>
/// <param name="Text">What it says.</param>
public sealed record SamplingMessage(bool IsModels, string Text);

/// <summary>What the model has written.</summary>
/// <param name="Text">The text.</param>
/// <param name="Model">The model's name.</param>
/// <param name="Usage">What it used.</param>
public sealed record SamplingReply(string Text, string Model, EffectUsage? Usage);
