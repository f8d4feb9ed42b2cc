using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;

namespace CodexOS.Sandbox.Interpreters;

/// <summary>
/// Performs <c>sandbox.end_interpreter</c>, which undoes a call of a kept interpreter: what the code did in it cannot be
/// taken back one by one, so the interpreter is ended and the next call begins with a fresh one.
/// </summary>
internal sealed class InterpreterEnd(InterpreterKeeper keeper) : IEffectHandler
{
    public const string Name = "sandbox.end_interpreter";

    public string Effect => Name;

    /// <summary>What undoes a call in a language.</summary>
    public static Compensation Of(Language language) =>
        new(Name, JsonSerializer.SerializeToElement(new Input(language.Name), Json.Options));

    /// <summary>A run may end its own interpreters, and no others can be named.</summary>
    public GateVerdict Judge(EffectCall call)
    {
        ArgumentNullException.ThrowIfNull(call);
        return LanguageOf(call) is not null
            ? new GateVerdict.Allow(RepeatClass.Keyed)
            : new GateVerdict.Refuse(new Fault("sandbox.no_such_language", FaultKind.Invalid, "There is no such interpreter."));
    }

    public async Task<Result<EffectOutput>> PerformAsync(EffectCall call, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(call);
        if (Judge(call) is GateVerdict.Refuse refused) return refused.Fault;
        await keeper.EndAsync(call.Run, LanguageOf(call)!, cancellationToken);
        return new EffectOutput(call.Input);
    }

    private static string? LanguageOf(EffectCall call) =>
        call.Input.ValueKind is JsonValueKind.Object && call.Input.TryGetProperty("language", out var name)
            && name.ValueKind is JsonValueKind.String
            ? Language.All.FirstOrDefault(each => each.Name == name.GetString())?.Name
            : null;

    private sealed record Input(string Language);
}
