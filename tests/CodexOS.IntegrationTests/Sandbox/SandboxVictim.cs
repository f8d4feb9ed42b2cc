using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>
/// A process of its own that runs a sandbox, to be killed by a test. It is this very program, which notices by a variable
/// that it is not to run tests.
/// </summary>
internal static class SandboxVictim
{
    private const string Variable = "CODEXOS_SANDBOX_VICTIM";

    /// <summary>Starts it; it says <c>started</c> when the sandboxed program runs.</summary>
    public static Process Start(string marker)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(SandboxVictim).Assembly.Location);
        start.Environment[Variable] = marker;
        return Process.Start(start)!;
    }

#pragma warning disable CA2255 // The program's own entry point belongs to the test framework.
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void RunIfVictim()
    {
        if (Environment.GetEnvironmentVariable(Variable) is not { } marker) return;
        using var box = new SandboxUnderTest();
        var script = $"(setsid sleep {marker} &); echo started; exec sleep {marker}";
        box.ShellAsync(script, 600, Console.Out.Write).GetAwaiter().GetResult();
        Environment.Exit(0);
    }
}
