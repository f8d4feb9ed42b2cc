using System.Text;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Agents.Definitions;

/// <summary>A definition or a policy as the body of a request.</summary>
internal static class DefinitionBody
{
    /// <summary>Reads the body as text, never more than the limit.</summary>
    public static async Task<Result<string>> ReadAsync(
        HttpRequest request, int sizeBytesMax, CancellationToken cancellationToken)
    {
        if (request.ContentLength > sizeBytesMax) return TooLarge(sizeBytesMax);
        var buffer = new byte[sizeBytesMax + 1];
        var size =
            await request.Body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken);
        if (size > sizeBytesMax) return TooLarge(sizeBytesMax);
        try
        {
            return new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(buffer, 0, size);
        }
        catch (DecoderFallbackException)
        {
            return new Fault("agents.malformed_yaml", FaultKind.Invalid, "The definition is not UTF-8 text.")
                .With("line", 1).With("column", 1);
        }
    }

    private static Fault TooLarge(int sizeBytesMax) => new(
        "agents.definition_too_large",
        FaultKind.TooLarge,
        $"A definition may have at most {sizeBytesMax / 1024} KiB. Move long texts into files that the agent reads.");
}
