using System.ComponentModel;
using System.Diagnostics;

namespace CodexOS.Cli.Doctor;

/// <summary>Runs a short program to see whether it works.</summary>
internal static class Probe
{
    private static readonly TimeSpan s_timeMax = TimeSpan.FromSeconds(10);

    /// <summary>The exit code and the first line of what it wrote, or null if there is no such program.</summary>
    public static async Task<(int ExitCode, string Output)?> RunAsync(
        string program, string[] arguments, TimeProvider clock, CancellationToken cancellationToken)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception)
        {
            return null;
        }

        using (process)
        using (var timeout = new CancellationTokenSource(s_timeMax, clock))
        using (var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, timeout.Token))
        {
            process.StandardInput.Close();
            try
            {
                var error = process.StandardError.ReadToEndAsync(both.Token);
                var output = await process.StandardOutput.ReadToEndAsync(both.Token);
                await process.WaitForExitAsync(both.Token);
                var text = output.Length > 0 ? output : await error;
                return (process.ExitCode, text.Trim().Split('\n')[0]);
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                process.Kill(entireProcessTree: true);
                return (-1, $"it did not end within {s_timeMax.TotalSeconds:0} s");
            }
        }
    }
}
