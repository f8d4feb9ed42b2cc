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
    private const string KeptVariable = "CODEXOS_SANDBOX_VICTIM_KEEPS";

    /// <summary>Starts it; it says <c>started</c> when the sandboxed program runs.</summary>
    /// <param name="marker">How long the programs sleep, by which they are found.</param>
    /// <param name="isKept">Whether it keeps the program rather than running it to its end.</param>
    public static Process Start(string marker, bool isKept = false)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardOutput = true, UseShellExecute = false };
        start.ArgumentList.Add(typeof(SandboxVictim).Assembly.Location);
        start.Environment[Variable] = marker;
        start.Environment[KeptVariable] = isKept ? "1" : "";
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
        if (Environment.GetEnvironmentVariable(KeptVariable) == "1") Keep(box, script);
        else box.ShellAsync(script, 600, Console.Out.Write).GetAwaiter().GetResult();
        Environment.Exit(0);
    }

    // Nothing of this assembly can go on in another thread while this initializer runs, so nothing here is asynchronous.
    private static void Keep(SandboxUnderTest box, string script)
    {
        using var tenant = box.EnterTenant();
        var session = box.Sandbox.StartAsync(box.Command(["/bin/sh", "-c", script], 600, null), CancellationToken.None)
            .GetAwaiter().GetResult().Value;
        session.Output.CopyToAsync(Console.OpenStandardOutput()).GetAwaiter().GetResult();
    }
}
