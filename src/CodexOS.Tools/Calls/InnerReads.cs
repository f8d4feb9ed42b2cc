using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Catalogue;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Tools.Calls;

/// <summary>Reads through another tool; see <see cref="IInnerReads"/>.</summary>
internal sealed class InnerReads(IServiceProvider services) : IInnerReads
{
    /// <inheritdoc />
    public async Task<Result<InnerRead>> ReadAsync(
        ToolCall outer, string tool, JsonElement arguments, CancellationToken cancellationToken)
    {
        if (outer.Step is not { } step) return NotInARun;
        // The catalogue holds the tool that asks, so it is looked up when it is there.
        var catalogue = services.GetRequiredService<ToolCatalogue>();
        var handler = services.GetServices<IEffectHandler>().OfType<ToolCallHandler>().Single();
        var call = step with
        {
            Input = JsonSerializer.SerializeToElement(new ToolStepInput(tool, "inner", arguments), Json.Options),
            Approval = null,
            AskAsync = null,
            Continuation = null,
            Occurrence = step.Occurrence,
            Step = $"{step.Step}.read",
        };
        call = call with { Resolved = await handler.ResolveAsync(call, cancellationToken) };
        if (catalogue.FindEntry(tool, call.Resolved) is { Contract.Effect: not EffectClass.Read }) return NotARead(tool);
        switch (handler.Judge(call))
        {
            case GateVerdict.Refuse refuse:
                return refuse.Fault;
            case GateVerdict.Ask:
                return NeedsApproval(tool);
        }

        var performed = await handler.PerformAsync(call, cancellationToken);
        if (!performed.TryGet(out var given, out var fault)) return fault;
        var output = given.Output.Deserialize<ToolStepOutput>(Json.Options)!;
        return new InnerRead(output.Text, output.IsError, Label.Read(given.Label));
    }

    private static Fault NotInARun { get; } = new(
        "tools.not_in_a_run", FaultKind.Internal, "The tool was not called by a run, so it can read on nobody's behalf.");

    private static Fault NotARead(string tool) => new(
        "tools.not_a_read", FaultKind.NotAllowed, $"{tool} changes something; only tools that read can be read through.");

    private static Fault NeedsApproval(string tool) => new(
        "tools.inner_needs_approval",
        FaultKind.NotAllowed,
        $"A person must be asked before this call of {tool}, and reading through it asks nobody. Call it by itself.");
}
