using CodexOS.Platform.Installation;
using CodexOS.Sandbox.Contracts;

namespace CodexOS.Sandbox.Execution;

/// <summary>What <c>GET /system</c> and <c>codexos doctor</c> tell of the sandbox.</summary>
/// <param name="Available">Whether programs can be executed.</param>
/// <param name="Level">How well they are kept apart.</param>
/// <param name="Reason">What is missing and how to get it, or that nothing is.</param>
public sealed record SandboxState(bool Available, IsolationLevel Level, string Reason);

/// <summary>The sandbox's member of <c>GET /system</c>.</summary>
internal sealed class SandboxFact(ISandbox sandbox) : ISystemFact
{
    public string Name => "sandbox";

    public Type ValueType => typeof(SandboxState);

    public async ValueTask<object> ReadAsync(CancellationToken cancellationToken)
    {
        var report = await sandbox.ReportAsync(cancellationToken);
        return new SandboxState(report.Available, report.Level, report.Reason);
    }
}
