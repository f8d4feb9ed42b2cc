using System.Net.Sockets;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Options;
using Npgsql;

namespace CodexOS.Host;

/// <summary>The server cannot start for a reason that its operator can remove; the message says how.</summary>
internal sealed class StartRefusedException(string message) : Exception(message)
{
    /// <summary>What to tell the operator about an exception met while starting, or null if it is a bug.</summary>
    public static string? Explain(Exception error, Uri? wanted)
    {
        var url = wanted?.GetLeftPart(UriPartial.Authority) ?? "the configured address";
        return error switch
        {
            StartRefusedException refused => refused.Message,
            DatabaseRefusedException refused => refused.Message,
            OptionsValidationException bad => string.Join(Environment.NewLine, bad.Failures.Select(Setting)),
            InvalidOperationException bad when bad.Message.StartsWith("Failed to convert", StringComparison.Ordinal) =>
                $"A setting has the wrong form. {bad.Message}",
            IOException { InnerException: Microsoft.AspNetCore.Connections.AddressInUseException } =>
                $"Something else listens on {url}. Stop it, or choose another address: codexos serve --url http://127.0.0.1:7421",
            SocketException { SocketErrorCode: SocketError.AccessDenied } =>
                $"This user may not listen on {url}. Choose a port above 1023: codexos serve --url http://127.0.0.1:7420",
            SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
                $"This machine has no such address as {url}. Choose one it has: codexos serve --url http://127.0.0.1:7420",
            NpgsqlException database =>
                $"The database does not answer: {database.Message}{Environment.NewLine}"
                + "Check Database:ConnectionString (CODEXOS__Database__ConnectionString) and that PostgreSQL runs.",
            IOException { InnerException: SocketException socket } => Explain(socket, wanted),
            _ => null,
        };
    }

    private static string Setting(string failure) => $"A setting is not valid. {failure}";
}
