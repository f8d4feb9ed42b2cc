using CodexOS.Platform.Faults;
using CodexOS.Tools.Connections;

namespace CodexOS.Tools.Mcp;

/// <summary>The expected failures around MCP servers.</summary>
internal static class McpFaults
{
    public const string RefusedCode = "mcp.refused";
    public const string ExitedCode = "mcp.exited";
    public const string SessionLostCode = "mcp.session_lost";

    public static Fault SessionLost { get; } = new(
        SessionLostCode, FaultKind.Upstream, "The server has forgotten the session. Try again.");

    public static Fault Unauthorized(int status) => new(
        "mcp.unauthorized",
        FaultKind.Upstream,
        $"The server wants other credentials (HTTP {status}). Name the right secret in the connection, or have the operator change it.");

    public static Fault Refused(int status) => new(
        RefusedCode, FaultKind.Upstream, $"The server refused the request with HTTP {status} and no MCP answer. Check the address.");

    public static Fault BadAnswer(string why) => new(
        "mcp.bad_answer", FaultKind.Upstream, $"The server's answer is not MCP: {why}. Tell those who operate the server.");

    public static Fault BrokenOff { get; } = new(
        "mcp.broken_off",
        FaultKind.Upstream,
        "The server broke off before it had answered. Whether the call took place is not known; look before trying again.");

    public static Fault Exited(string how) => new(
        ExitedCode,
        FaultKind.Upstream,
        $"The server's program ended before it had answered: {how}. Whether the call took place is not known; the next call "
        + "starts it anew.");

    public static Fault TooMany(string what, int max, string option) => new(
        "mcp.too_many",
        FaultKind.TooLarge,
        $"The server sent more than {max} {what}, and nothing more is read of it ({option}).");

    public static Fault TooLarge(int bytesMax) => new(
        "mcp.too_large",
        FaultKind.TooLarge,
        $"A message of the server's program has more than {bytesMax} bytes (Tools:Connections:AnswerBytesMax), and nothing more is "
        + "read of it. Ask for less; the next call starts it anew.");

    public static Fault TooManyCalls(int max) => new(
        "mcp.too_many_calls",
        FaultKind.Throttled,
        $"{max} calls of this connection are under way, which is the most (Tools:Mcp:CallsMax). Try again when one has ended.");

    public static Fault GivenUp(int max) => new(
        "mcp.given_up",
        FaultKind.LimitReached,
        $"The server's program has ended by itself again and again, and is not started more than {max} times anew for a run "
        + "(Tools:Mcp:RestartsMax). Do without it, and tell those who look after it.");

    public static Fault UnsupportedVersion(string theirs) => new(
        "mcp.unsupported_version",
        FaultKind.Upstream,
        $"The server speaks the protocol in version {PlainText.Line(theirs, 60)}, which is not spoken here. Use another version of it.");

    public static Fault Error(McpAnswer.Error error) => new(
        "mcp.error",
        FaultKind.Upstream,
        $"The server answered with error {error.Code}: {PlainText.Line(error.Message, 500)}");
}
