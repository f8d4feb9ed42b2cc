using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace CodexOS.Identity;

/// <summary>The module's traces and measurements. None carries who it was.</summary>
internal static class IdentityTelemetry
{
    public const string Name = "CodexOS.Identity";

    private static readonly Meter Meter = new(Name);

    private static readonly Counter<long> SignIns = Meter.CreateCounter<long>(
        "codexos.identity.sign_ins", unit: "{attempt}", description: "Attempts to sign in, by outcome.");

    private static readonly Counter<long> Refreshes = Meter.CreateCounter<long>(
        "codexos.identity.refreshes", unit: "{attempt}", description: "Refreshes of a session, by outcome.");

    private static readonly Counter<long> RefusedTokens = Meter.CreateCounter<long>(
        "codexos.identity.refused_tokens", unit: "{request}",
        description: "Requests whose access token was refused, by code.");

    private static readonly Histogram<double> Hashings = Meter.CreateHistogram<double>(
        "codexos.identity.password_hashing.duration", unit: "s", description: "Time to compute one password hash.");

    private static readonly Counter<long> Iterations = Meter.CreateCounter<long>(
        "codexos.identity.password_hashing.iterations", unit: "{iteration}",
        description: "Iterations that went into password hashes.");

    public static ActivitySource Source { get; } = new(Name);

    /// <param name="outcome">The code of the fault, or <c>ok</c>.</param>
    public static void CountSignIn(string outcome) =>
        SignIns.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="outcome">What the rotation decided, in lower case.</param>
    public static void CountRefresh(string outcome) =>
        Refreshes.Add(1, new KeyValuePair<string, object?>("outcome", outcome));

    public static void CountRefusedToken(string code) =>
        RefusedTokens.Add(1, new KeyValuePair<string, object?>("code", code));

    public static void CountIterations(int count) => Iterations.Add(count);

    public static void RecordHashing(TimeSpan duration) => Hashings.Record(duration.TotalSeconds);
}
