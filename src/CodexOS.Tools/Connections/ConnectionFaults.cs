using CodexOS.Platform.Faults;

namespace CodexOS.Tools.Connections;

/// <summary>The expected failures around connections.</summary>
internal static class ConnectionFaults
{
    public static Fault NotFound(string name) => new(
        "connections.not_found", FaultKind.NotFound, $"There is no connection '{Shown(name)}'. GET /api/v1/connections lists them.");

    public static Fault Exists(string name) => new(
        "connections.exists", FaultKind.Conflict, $"There is a connection '{name}' already. Choose another name, or change that one.");

    public static Fault NameTaken(string name, string tool) => new(
        "connections.name_taken",
        FaultKind.Conflict,
        $"The connection '{name}' would give the tool {tool}, and there is one of that name already. Choose another name for "
        + "the connection.");

    public static Fault TooMany(int max) => new(
        "connections.too_many",
        FaultKind.LimitReached,
        $"There are {max} connections, which is the most (Tools:Connections:ConnectionsMax). Remove one that is not needed.");

    public static Fault Changed(string name) => new(
        "connections.changed_meanwhile",
        FaultKind.Conflict,
        $"Somebody else has changed the connection '{name}' in the meantime. Look at it, and try again.");

    public static Fault BadSettings(string why) => new(
        "connections.bad_settings", FaultKind.Invalid, $"The connection cannot be set up like this: {why}.");

    public static Fault BadAddress(Fault fault) => new(
        "connections.bad_address", FaultKind.Invalid, $"The connection's address cannot be used. {fault.Message}");

    public static Fault PlainHttp { get; } = new(
        "connections.plain_http",
        FaultKind.NotAllowed,
        "The address begins with http://, so that everyone on the way could read and change what is sent. Use https://, or have "
        + "the operator set Tools:Connections:AllowPlainHttp.");

    public static Fault NoSuchSecret(string name) => new(
        "connections.unknown_secret",
        FaultKind.Invalid,
        $"There is no secret '{Shown(name)}'. The operator sets secrets up under Egress:Secrets.");

    public static Fault TooMuch(string what, string option) => new(
        "connections.too_much",
        FaultKind.TooLarge,
        $"The source offers more than {what}, so none of it is taken. Have it offer less, or raise Tools:Connections:{option}.");

    public static Fault TimedOut(TimeSpan max) => new(
        "connections.timed_out",
        FaultKind.Timeout,
        $"The source did not say within {max.TotalSeconds:0} s what it offers. Try again later.");

    public static string Shown(string text) => PlainText.Line(text, 80);
}
