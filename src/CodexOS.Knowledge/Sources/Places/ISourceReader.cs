using System.Text.Json;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>Reads one source within one step of a sync. Disposing it closes what it opened.</summary>
internal interface ISourceReader : IAsyncDisposable
{
    /// <summary>Tells all that the source holds, one by one. A fault is that the source as a whole cannot be read.</summary>
    /// <param name="found">Takes what was found; false is that no more is taken.</param>
    /// <param name="cancellationToken">Gives up.</param>
    Task<Result<Listing>> ListAsync(Func<ListedItem, ValueTask<bool>> found, CancellationToken cancellationToken);

    /// <summary>Fetches something that was listed. A fault is that this one could not be fetched.</summary>
    Task<Result<Fetched>> ReadAsync(WantedItem item, CancellationToken cancellationToken);
}

/// <summary>Something that a source holds.</summary>
/// <param name="Key">Its address or its path in the source.</param>
/// <param name="Mark">What its content is recognised by; null where only fetching it tells.</param>
/// <param name="Fault">Why it is not fetched at all; null if it is.</param>
internal sealed record ListedItem(string Key, string? Mark, Fault? Fault = null);

/// <summary>How listing a source ended.</summary>
/// <param name="IsWhole">Whether all was told that the source holds, so that what was not told is gone.</param>
/// <param name="Notes">What was wrong, beside single items.</param>
internal sealed record Listing(bool IsWhole, IReadOnlyList<Fault> Notes)
{
    /// <summary>All of it, and nothing was wrong.</summary>
    public static Listing Whole { get; } = new(true, []);

    /// <summary>No more was taken.</summary>
    public static Listing Cut { get; } = new(false, []);
}

/// <summary>Something that is to be fetched.</summary>
/// <param name="Key">Its address or its path in the source.</param>
/// <param name="Mark">What the content is recognised by that the base has; null if it has none.</param>
/// <param name="ListedMark">The same as it was just listed.</param>
internal sealed record WantedItem(string Key, string? Mark, string? ListedMark);

/// <summary>What came of fetching something.</summary>
internal abstract record Fetched
{
    private Fetched()
    {
    }

    /// <summary>Its content.</summary>
    /// <param name="Bytes">The file.</param>
    /// <param name="MediaType">What the source says that it is; empty if it says nothing.</param>
    /// <param name="Mark">What this content is recognised by next time.</param>
    /// <param name="Url">Its address, where it has one.</param>
    public sealed record Content(byte[] Bytes, string MediaType, string? Mark, string? Url) : Fetched;

    /// <summary>It is as the base has it.</summary>
    public sealed record Same : Fetched;

    /// <summary>It is not there any more.</summary>
    public sealed record Gone : Fetched;
}

/// <summary>What a reader works for.</summary>
/// <param name="Row">The source.</param>
/// <param name="Place">Where it is.</param>
/// <param name="Grant">What of the network may be reached.</param>
/// <param name="Network">The door to it.</param>
internal sealed record ReaderScope(Storage.SourceRow Row, SourcePlace Place, EgressGrant Grant, EgressSession Network);

/// <summary>Reads bodies up to a limit.</summary>
internal static class Bodies
{
    /// <summary>All bytes of a stream, or that it is too large.</summary>
    public static async Task<Result<byte[]>> ReadAsync(Stream stream, int bytesMax, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (await stream.ReadAsync(buffer, cancellationToken) is var read && read > 0)
        {
            if (bytes.Length + read > bytesMax) return KnowledgeFaults.TooLarge(bytesMax);
            bytes.Write(buffer, 0, read);
        }

        return bytes.ToArray();
    }

    /// <summary>The same of an answer; the guard's faults come back as such.</summary>
    public static async Task<Result<byte[]>> ReadAsync(
        HttpResponseMessage answer, int bytesMax, CancellationToken cancellationToken)
    {
        if (answer.Content.Headers.ContentLength > bytesMax) return KnowledgeFaults.TooLarge(bytesMax);
        try
        {
            await using var stream = await answer.Content.ReadAsStreamAsync(cancellationToken);
            return await ReadAsync(stream, bytesMax, cancellationToken);
        }
        catch (Exception error) when (EgressFaults.Of(error) is { } fault)
        {
            return fault;
        }
        catch (Exception error) when (error is IOException or HttpRequestException)
        {
            return new Fault("egress.unreachable", FaultKind.Upstream, "The answer broke off in the middle. Try later.");
        }
    }

    /// <summary>JSON as it is kept.</summary>
    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Json.Options);
}
