using System.Net.Http.Headers;
using System.Runtime.CompilerServices;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>The events of a run, as they come.</summary>
internal static class RunLines
{
    /// <summary>The lines of the stream, which ends with the run.</summary>
    public static async IAsyncEnumerable<string> ReadAsync(
        HttpClient client, string run, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
        using var events = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        events.EnsureSuccessStatusCode();
        using var stream = new StreamReader(await events.Content.ReadAsStreamAsync(cancellationToken));
        while (await stream.ReadLineAsync(cancellationToken) is { } line) yield return line;
    }
}
