using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;

namespace CodexOS.Web;

/// <summary>One file of the built web UI, with everything its answers need. It is compressed when first asked for.</summary>
internal sealed partial class WebFile
{
    private const int BrotliQuality = 9;
    private const int BrotliWindow = 22;

    private static readonly Dictionary<string, (string Type, bool Compress)> s_types = new(StringComparer.Ordinal)
    {
        [".html"] = ("text/html; charset=utf-8", true),
        [".js"] = ("text/javascript; charset=utf-8", true),
        [".css"] = ("text/css; charset=utf-8", true),
        [".txt"] = ("text/x-component", true),
        [".svg"] = ("image/svg+xml", true),
        [".json"] = ("application/json", true),
        [".webmanifest"] = ("application/manifest+json", true),
        [".png"] = ("image/png", false),
        [".ico"] = ("image/x-icon", false),
        [".woff2"] = ("font/woff2", false),
    };

    private readonly byte[] _raw;
    private readonly string _hash;
    private readonly Lazy<byte[]>? _brotli;
    private readonly Lazy<byte[]>? _gzip;

    private WebFile(string url, byte[] raw, string type, bool compress)
    {
        _raw = raw;
        _hash = Convert.ToHexStringLower(SHA256.HashData(raw))[..24];
        Type = type;
        CacheControl = url.StartsWith("/_next/static/", StringComparison.Ordinal)
            ? "public, max-age=31536000, immutable"
            : "no-cache";
        if (type.StartsWith("text/html", StringComparison.Ordinal)) ContentSecurityPolicy = PolicyOf(raw);
        if (!compress) return;
        _brotli = new Lazy<byte[]>(Brotli);
        _gzip = new Lazy<byte[]>(Gzip);
    }

    /// <summary>The Content-Type.</summary>
    public string Type { get; }

    /// <summary>Names with a hash in them never change; everything else is asked for again.</summary>
    public string CacheControl { get; }

    /// <summary>For pages: what they may load, with the hashes of their own inline scripts.</summary>
    public string? ContentSecurityPolicy { get; }

    /// <summary>Reads a file, or returns null if it is of no kind that a browser needs.</summary>
    public static WebFile? Read(string path, string url) =>
        s_types.TryGetValue(Path.GetExtension(path), out var kind)
            ? new WebFile(url, File.ReadAllBytes(path), kind.Type, kind.Compress)
            : null;

    /// <summary>The smallest form that the client takes, its Content-Encoding, and its strong ETag.</summary>
    public (byte[] Body, string? Encoding, string ETag) For(bool takesBrotli, bool takesGzip)
    {
        if (_brotli is not null && takesBrotli) return (_brotli.Value, "br", $"\"{_hash}-br\"");
        if (_gzip is not null && takesGzip) return (_gzip.Value, "gzip", $"\"{_hash}-gz\"");
        return (_raw, null, $"\"{_hash}\"");
    }

    private byte[] Brotli()
    {
        var into = new byte[BrotliEncoder.GetMaxCompressedLength(_raw.Length)];
        return BrotliEncoder.TryCompress(_raw, into, out var written, BrotliQuality, BrotliWindow)
            ? into[..written]
            : throw new InvalidOperationException("The buffer is large enough for any input.");
    }

    private byte[] Gzip()
    {
        using var into = new MemoryStream();
        using (var gzip = new GZipStream(into, CompressionLevel.SmallestSize)) gzip.Write(_raw);
        return into.ToArray();
    }

    private static string PolicyOf(byte[] html)
    {
        var hashes = InlineScript().Matches(Encoding.UTF8.GetString(html))
            .Select(script => SHA256.HashData(Encoding.UTF8.GetBytes(script.Groups["code"].Value)))
            .Select(hash => $"'sha256-{Convert.ToBase64String(hash)}'")
            .Distinct(StringComparer.Ordinal);
        // The one style hash is that of the framework's own route announcer.
        return $"default-src 'none'; script-src 'self' {string.Join(' ', hashes)}; "
            + "style-src 'self' 'sha256-nzTgYzXYDNe6BAHiiI7NNlfK8n/auuOAhh2t92YvuXo='; img-src 'self' data: blob:; "
            + "font-src 'self'; connect-src 'self'; worker-src 'self' blob:; manifest-src 'self'; form-action 'self'; "
            + "frame-ancestors 'none'; base-uri 'none'; require-trusted-types-for 'script'";
    }

    [GeneratedRegex(
        @"<script(?![^>]*\ssrc=)[^>]*>(?<code>.*?)</script>",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5_000)]
    private static partial Regex InlineScript();
}
