using System.Text;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Screens;

/// <summary>Reads a whole input that may not be too long.</summary>
internal static class LimitedText
{
    public static async Task<string> ReadAsync(TextReader reader, int lengthMax, CancellationToken cancellationToken)
    {
        var text = new StringBuilder();
        var buffer = new char[16 * 1024];
        int read;
        while ((read = await reader.ReadAsync(buffer, cancellationToken)) > 0)
        {
            text.Append(buffer, 0, read);
            if (text.Length > lengthMax)
            {
                throw new CodexOSException(
                    "cli.input_too_large", FaultKind.TooLarge, $"The input is longer than {lengthMax} characters.");
            }
        }

        return text.ToString();
    }
}
