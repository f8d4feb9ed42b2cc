using System.Globalization;
using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Egress;

/// <summary>How the body of a request is delimited.</summary>
/// <param name="Length">Its length in bytes; null if it comes in chunks.</param>
internal readonly record struct BodyFrame(long? Length)
{
    public bool IsEmpty => Length == 0;
}

/// <summary>
/// The head of a request to the proxy, read strictly: what two readers could read in two ways is refused.
/// </summary>
/// <param name="Method">The method.</param>
/// <param name="Scheme"><c>http</c> or <c>https</c>; null for a tunnel.</param>
/// <param name="Host">The host, as the bytes that came.</param>
/// <param name="Port">The port.</param>
/// <param name="Path">Path and query; empty for a tunnel.</param>
/// <param name="Headers">The headers that may go on, in their order.</param>
/// <param name="Body">Where the body ends.</param>
internal sealed record RequestHead(
    string Method,
    string? Scheme,
    ReadOnlyMemory<byte> Host,
    int Port,
    string Path,
    IReadOnlyList<(string Name, string Value)> Headers,
    BodyFrame Body)
{
    private const int HeadersMax = 100;

    // What concerns this connection only; the host's own connection has its own.
    private static readonly HashSet<string> s_hopByHop = new(StringComparer.OrdinalIgnoreCase)
    {
        "Connection", "Keep-Alive", "Proxy-Connection", "Proxy-Authorization", "Proxy-Authenticate", "TE", "Trailer",
        "Transfer-Encoding", "Upgrade", "Content-Length", "Expect", "Host", "HTTP2-Settings", "Forwarded", "Via",
    };

    /// <summary>Whether a connection for TLS is wanted.</summary>
    public bool IsTunnel => Scheme is null;

    /// <summary>Whether the client waits for leave to send the body.</summary>
    public bool WantsContinue { get; private init; }

    /// <summary>Whether the client understands an answer in chunks.</summary>
    public bool UnderstandsChunks { get; private init; }

    /// <summary>Where a head ends in the bytes so far: behind its empty line, or -1.</summary>
    public static int EndOf(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf("\r\n\r\n"u8);
        return at < 0 ? -1 : at + 4;
    }

    /// <summary>Reads a head with the empty line at its end. Fault: <c>egress.bad_request</c>, or one of its host.</summary>
    public static Result<RequestHead> Parse(ReadOnlyMemory<byte> head)
    {
        var bytes = head.Span;
        // Every CR is followed by LF and every LF preceded by CR, or lines have no single meaning. There are no other
        // control characters but tabs in values.
        for (var i = 0; i < bytes.Length; i++)
        {
            var isBroken = bytes[i] switch
            {
                (byte)'\r' => i + 1 == bytes.Length || bytes[i + 1] != '\n',
                (byte)'\n' => i == 0 || bytes[i - 1] != '\r',
                (byte)'\t' => false,
                < 0x20 or 0x7F => true,
                _ => false,
            };
            if (isBroken) return Bad("it holds a control character");
        }

        var lineEnd = bytes.IndexOf("\r\n"u8);
        var line = bytes[..lineEnd];
        var first = line.IndexOf((byte)' ');
        var last = line.LastIndexOf((byte)' ');
        if (first <= 0 || last <= first) return Bad("its first line is not 'METHOD target HTTP/1.1'");
        var method = line[..first];
        var target = head[(first + 1)..last];
        var version = line[(last + 1)..];
        if (!version.SequenceEqual("HTTP/1.1"u8) && !version.SequenceEqual("HTTP/1.0"u8)) return Bad("it is not HTTP/1.1");
        if (target.Span.IndexOfAny((byte)' ', (byte)'\t') >= 0) return Bad("its target holds white space");
        foreach (var character in method)
        {
            if (!char.IsAsciiLetterUpper((char)character)) return Bad("its method is not in capitals");
        }

        if (!ReadHeaders(bytes[(lineEnd + 2)..^2]).TryGet(out var headers, out var fault)) return fault;
        if (!FrameOf(headers).TryGet(out var body, out fault)) return fault;
        var name = Encoding.ASCII.GetString(method);
        if (!(name == "CONNECT" ? Tunnel(target, body) : Forward(name, target, Kept(headers), body))
            .TryGet(out var read, out fault)) return fault;
        var isNew = version.SequenceEqual("HTTP/1.1"u8);
        return read with
        {
            UnderstandsChunks = isNew,
            WantsContinue = isNew && headers.Any(static it => Is(it.Name, "Expect") && Is(it.Value, "100-continue")),
        };
    }

    private static Result<RequestHead> Tunnel(ReadOnlyMemory<byte> target, BodyFrame body)
    {
        if (!body.IsEmpty) return Bad("a CONNECT has no body");
        var at = target.Span.LastIndexOf((byte)':');
        return at > 0 && PortOf(target.Span[(at + 1)..]) is { } port
            ? new RequestHead("CONNECT", null, target[..at], port, "", [], body)
            : Bad("the target of a CONNECT is host:port");
    }

    private static Result<RequestHead> Forward(
        string method, ReadOnlyMemory<byte> target, List<(string Name, string Value)> headers, BodyFrame body)
    {
        var scheme = target.Span.StartsWith("http://"u8) ? "http" : target.Span.StartsWith("https://"u8) ? "https" : null;
        if (scheme is null) return Bad("this is a proxy: its target is http://host/path, or CONNECT host:443 for TLS");
        var rest = target[(scheme.Length + 3)..];
        var end = rest.Span.IndexOfAny((byte)'/', (byte)'?', (byte)'#');
        var authority = end < 0 ? rest : rest[..end];
        var path = end < 0 ? "/" : Encoding.Latin1.GetString(rest.Span[end..]);
        if (path.Contains('#', StringComparison.Ordinal) || path.Contains('\\', StringComparison.Ordinal)
            || !Ascii.IsValid(path))
        {
            return Bad("its path holds what must be percent-encoded");
        }

        if (path[0] == '?') path = "/" + path;
        var host = authority;
        var port = scheme == "http" ? 80 : 443;
        if (authority.Span.LastIndexOf((byte)':') is var at and > 0 && !authority.Span.StartsWith("["u8))
        {
            if (PortOf(authority.Span[(at + 1)..]) is not { } given) return Bad("its port is not one from 1 to 65535");
            (host, port) = (authority[..at], given);
        }

        return new RequestHead(method, scheme, host, port, path, headers, body);
    }

    private static Result<List<(string Name, string Value)>> ReadHeaders(ReadOnlySpan<byte> lines)
    {
        var headers = new List<(string, string)>();
        while (!lines.IsEmpty)
        {
            var end = lines.IndexOf("\r\n"u8);
            var line = lines[..end];
            lines = lines[(end + 2)..];
            var colon = line.IndexOf((byte)':');
            if (colon <= 0) return Bad("a header has no name, or is folded over lines");
            foreach (var character in line[..colon])
            {
                if (!char.IsAsciiLetterOrDigit((char)character)
                    && !"!#$%&'*+-.^_`|~".Contains((char)character, StringComparison.Ordinal))
                    return Bad("the name of a header holds another character than a token may");
            }

            if (headers.Count == HeadersMax) return Bad($"it has more than {HeadersMax} headers");
            headers.Add((
                Encoding.ASCII.GetString(line[..colon]), Encoding.Latin1.GetString(line[(colon + 1)..]).Trim(' ', '\t')));
        }

        return headers;
    }

    private static Result<BodyFrame> FrameOf(List<(string Name, string Value)> headers)
    {
        var lengths = headers.Where(static it => Is(it.Name, "Content-Length")).Select(static it => it.Value).ToList();
        var encodings = headers.Where(static it => Is(it.Name, "Transfer-Encoding")).Select(static it => it.Value).ToList();
        if (headers.Count(static it => Is(it.Name, "Host")) > 1) return Bad("it has two Host headers");
        if (encodings.Count > 0)
        {
            return lengths.Count == 0 && encodings is [var only] && Is(only, "chunked")
                ? new BodyFrame(null)
                : Bad("its body has no single end");
        }

        if (lengths.Count == 0) return new BodyFrame(0);
        return lengths is [{ Length: > 0 and <= 15 } length]
            && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out var count)
                ? new BodyFrame(count)
                : Bad("its body has no single length");
    }

    private static List<(string Name, string Value)> Kept(List<(string Name, string Value)> headers)
    {
        var named = headers.Where(static it => Is(it.Name, "Connection"))
            .SelectMany(static it => it.Value.Split(',', StringSplitOptions.TrimEntries))
            .ToHashSet(StringComparer.OrdinalIgnoreCase);
        return [.. headers.Where(it => !s_hopByHop.Contains(it.Name) && !named.Contains(it.Name))];
    }

    private static int? PortOf(ReadOnlySpan<byte> text) =>
        text.Length > 5 ? null : EgressRule.ReadPort(Encoding.Latin1.GetString(text));

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);

    private static Fault Bad(string why) => new(
        "egress.bad_request", FaultKind.Invalid, $"The request cannot be read: {why}.");
}
