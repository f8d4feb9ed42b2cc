using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Tools.Contracts;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>
/// Fetches over git's smart HTTP protocol: git itself says what it wants and takes what comes, over pipes; the requests between
/// are made here, through the guard. So git has no network at all.
/// </summary>
internal sealed class GitTransport(EgressSession network, KnowledgeOptions options)
{
    private const string Service = "git-upload-pack";
    private const int RefsBytesMax = 64 << 20;
    private const int RequestBytesMax = 16 << 20;
    private const int RequestsMax = 100;
    private const int RedirectsMax = 5;

    /// <summary>Asks which commit the branch is at.</summary>
    public async Task<Result<GitHead>> AskAsync(GitPlace place, CancellationToken cancellationToken)
    {
        if (!WebAddress.Parse($"{place.Url}/info/refs?service={Service}").TryGet(out var address, out var fault)) return fault;
        for (var redirects = 0; ; redirects++)
        {
            using var request = RequestOf(HttpMethod.Get, address);
            var settings = new EgressClientSettings { AnswerBytesMax = RefsBytesMax };
            var sent = await network.SendAsync(request, settings, cancellationToken);
            if (!sent.TryGet(out var answer, out fault)) return fault;
            using (answer)
            {
                if (answer.Headers.Location is { } location && (int)answer.StatusCode is >= 300 and < 400)
                {
                    if (redirects == RedirectsMax) return EgressFaults.Limit($"{RedirectsMax} redirects");
                    if (!WebAddress.Follow(address, location).TryGet(out var next, out fault)) return fault;
                    address = next;
                    continue;
                }

                if (!answer.IsSuccessStatusCode) return SourceFaults.Status((int)answer.StatusCode);
                if (answer.Content.Headers.ContentType?.MediaType is not "application/x-git-upload-pack-advertisement")
                    return SourceFaults.Git("it does not speak git's smart HTTP protocol. Give the address that git clones from.");
                var read = await Bodies.ReadAsync(answer, RefsBytesMax, cancellationToken);
                return read.TryGet(out var bytes, out fault) ? HeadOf(place, address, bytes) : fault;
            }
        }
    }

    /// <summary>Fetches a commit without its history into a folder that is made anew.</summary>
    public async Task<Result<GitRepository>> FetchAsync(
        GitHead head, string folder, string round, CancellationToken cancellationToken)
    {
        var made = await GitRepository.MakeAsync(folder, head.Commit, round, cancellationToken);
        if (!made.TryGet(out var repository, out var fault)) return fault;
        await using var git = repository.Start(
            ["fetch-pack", "--stateless-rpc", "--stdin", "--keep", "--no-progress", "--depth=1", head.Url.AbsoluteUri],
            options.DocumentTimeMax * 4);
        try
        {
            await git.Input.WriteAsync(PacketOf($"{head.Commit} {head.Name}\n"), cancellationToken);
            await git.Input.WriteAsync("0000"u8.ToArray(), cancellationToken);
            await git.Input.WriteAsync(head.Advertisement, cancellationToken);
            await git.Input.FlushAsync(cancellationToken);
            for (var requests = 0; await ReadRequestAsync(git.Output, cancellationToken) is { } body; requests++)
            {
                if (requests == RequestsMax) return SourceFaults.Git("git and its server came to no end.");
                if (await ExchangeAsync(head.Url, body, git.Input, cancellationToken) is { } wrong) return wrong;
            }

            git.Input.Close();
            var ended = await git.EndAsync(cancellationToken);
            return ended is null ? repository.Complete() : SourceFaults.Git(ended);
        }
        catch (Exception error) when (error is IOException or EndOfStreamException or InvalidDataException)
        {
            // A pipe that broke says nothing; git does.
            return SourceFaults.Git(await git.EndAsync(cancellationToken) ?? "git ended in the middle of the fetch.");
        }
    }

    private async Task<Fault?> ExchangeAsync(Uri url, byte[] body, Stream into, CancellationToken cancellationToken)
    {
        using var request = RequestOf(HttpMethod.Post, new Uri($"{url.AbsoluteUri}/{Service}"));
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.ContentType = new MediaTypeHeaderValue($"application/x-{Service}-request");
        var sent = await network.SendAsync(request, new EgressClientSettings(), cancellationToken);
        if (!sent.TryGet(out var answer, out var fault)) return fault;
        using (answer)
        {
            if (!answer.IsSuccessStatusCode) return SourceFaults.Status((int)answer.StatusCode);
            try
            {
                await using var pack = await answer.Content.ReadAsStreamAsync(cancellationToken);
                await pack.CopyToAsync(into, cancellationToken);
                await into.FlushAsync(cancellationToken);
                return null;
            }
            catch (Exception error) when (EgressFaults.Of(error) is { } known)
            {
                return known;
            }
        }
    }

    private static HttpRequestMessage RequestOf(HttpMethod method, Uri address)
    {
        var request = new HttpRequestMessage(method, address);
        // Some forges serve git by this name only.
        request.Headers.TryAddWithoutValidation("User-Agent", "git/2 CodexOS");
        return request;
    }

    /// <summary>One request of git: packets up to an empty one. Null is that git asks nothing more.</summary>
    private static async Task<byte[]?> ReadRequestAsync(Stream output, CancellationToken cancellationToken)
    {
        using var body = new MemoryStream();
        var length = new byte[4];
        var isFirst = true;
        while (true)
        {
            if (await output.ReadAtLeastAsync(length, 4, throwOnEndOfStream: false, cancellationToken) is var read && read < 4)
            {
                if (read == 0 && isFirst) return null;
                throw new EndOfStreamException();
            }

            if (LengthOf(length) is not { } size) throw new InvalidDataException("It is no packet.");
            if (size == 0) return isFirst ? null : body.ToArray();
            if (size < 4 || body.Length + size > RequestBytesMax) throw new InvalidDataException("It is no packet that is taken.");
            var packet = new byte[size - 4];
            await output.ReadExactlyAsync(packet, cancellationToken);
            body.Write(packet);
            isFirst = false;
        }
    }

    /// <summary>Reads what a server offers: a line with the service, then lines of an object and a name each.</summary>
    private static Result<GitHead> HeadOf(GitPlace place, Uri address, byte[] bytes)
    {
        var (at, isBehindService, wanted) = (0, false, WantedOf(place));
        var begin = 0;
        while (at + 4 <= bytes.Length)
        {
            if (LengthOf(bytes.AsSpan(at, 4)) is not { } size || size is > 0 and < 4 || at + size > bytes.Length) break;

            var line = size == 0 ? "" : Encoding.UTF8.GetString(bytes, at + 4, size - 4).TrimEnd('\n');
            at += Math.Max(size, 4);
            if (size == 0 && !isBehindService)
            {
                (isBehindService, begin) = (true, at);
                continue;
            }

            if (size == 0 || !isBehindService) continue;
            var space = line.IndexOf(' ', StringComparison.Ordinal);
            var end = line.IndexOf('\0', StringComparison.Ordinal);
            var name = space < 0 ? "" : line[(space + 1)..(end < 0 ? line.Length : end)];
            if (!wanted.Contains(name) || !GitRepository.IsObject(line[..space])) continue;
            var url = address.AbsoluteUri[..address.AbsoluteUri.IndexOf("/info/refs", StringComparison.Ordinal)];
            return new GitHead(new Uri(url), line[..space], name, bytes.AsMemory(begin));
        }

        return SourceFaults.Git($"it has no {(place.Branch is null ? "commit" : $"branch or tag '{place.Branch}'")}.");
    }

    private static string[] WantedOf(GitPlace place) => place.Branch is { } branch
        ? [$"refs/heads/{branch}", $"refs/tags/{branch}"]
        : ["HEAD"];

    /// <summary>The length that a packet says of itself: four hexadecimal digits.</summary>
    private static int? LengthOf(ReadOnlySpan<byte> digits) => int.TryParse(
        digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var size) ? size : null;

    private static byte[] PacketOf(string text) =>
        Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Encoding.UTF8.GetByteCount(text) + 4:x4}{text}"));
}

/// <summary>Where a branch is.</summary>
/// <param name="Url">The repository, redirects followed.</param>
/// <param name="Commit">The commit or tag.</param>
/// <param name="Name">The whole name of the branch.</param>
/// <param name="Advertisement">What the server offers, as git takes it.</param>
internal sealed record GitHead(Uri Url, string Commit, string Name, ReadOnlyMemory<byte> Advertisement);
