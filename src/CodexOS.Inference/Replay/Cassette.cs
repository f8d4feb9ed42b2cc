using System.Collections.Immutable;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Inference.Contracts;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Storage;
using Microsoft.Extensions.Options;

namespace CodexOS.Inference.Replay;

/// <summary>One recorded exchange: a line of a cassette.</summary>
/// <param name="Hash">Which request it answers.</param>
/// <param name="Parts">The request's parts, to tell the difference from another one.</param>
/// <param name="Recorded">The model that answered, <c>provider:model</c>.</param>
/// <param name="Reply">What it answered.</param>
/// <param name="TokensIn">What the provider counted.</param>
/// <param name="TokensOut">What the provider counted.</param>
internal sealed record Exchange(
    string Hash,
    ImmutableArray<DigestPart> Parts,
    string Recorded,
    ModelReply Reply,
    long? TokensIn,
    long? TokensOut);

/// <summary>Reads and writes cassettes: one JSON Lines file each.</summary>
internal sealed partial class Cassettes(IOptions<InferenceOptions> options, DataDirectory data)
{
    private const long SizeBytesMax = 256 * 1024 * 1024;
    private const string Extension = ".jsonl";

    /// <summary>Where they are.</summary>
    public string Folder => options.Value.Cassettes.Directory is { Length: > 0 } chosen
        ? Path.GetFullPath(chosen)
        : data.InShared("cassettes");

    /// <summary>The file of a cassette, or null if the name is none.</summary>
    public string? PathOf(string name) =>
        PlainName().IsMatch(name) ? Path.Combine(Folder, name + Extension) : null;

    /// <summary>All exchanges of a cassette, in the order of their recording.</summary>
    public async Task<Result<ImmutableArray<Exchange>>> ReadAsync(string name, CancellationToken cancellationToken)
    {
        if (PathOf(name) is not { } path || !File.Exists(path))
        {
            return Unknown(name);
        }

        if (new FileInfo(path).Length > SizeBytesMax)
        {
            return Bad(name, $"is larger than {SizeBytesMax} bytes");
        }

        var exchanges = ImmutableArray.CreateBuilder<Exchange>();
        var number = 0;
        await foreach (var line in File.ReadLinesAsync(path, cancellationToken))
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            try
            {
                var exchange = JsonSerializer.Deserialize<Exchange>(line, Json.Options);
                if (exchange is not
                    { Hash: not null, Parts.IsDefault: false, Reply: { Text: not null, ToolCalls.IsDefault: false } })
                {
                    return Bad(name, $"has an exchange with missing parts at line {number}");
                }

                exchanges.Add(exchange);
            }
            catch (JsonException)
            {
                return Bad(name, $"cannot be read at line {number}");
            }
        }

        return exchanges.ToImmutable();
    }

    /// <summary>The fault for a cassette that is not there.</summary>
    public Fault Unknown(string name) => new(
        "inference.unknown_model",
        FaultKind.Invalid,
        $"There is no cassette '{name}' in {Folder}. Record one by setting Inference:Cassettes:RecordTo and running "
        + "with a real model.");

    private static Fault Bad(string name, string problem) => new(
        "inference.bad_cassette",
        FaultKind.Invalid,
        $"The cassette '{name}' {problem}. Remove the line or record it anew.");

    [GeneratedRegex("^[a-z0-9][a-z0-9._-]{0,79}$", RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1_000)]
    private static partial Regex PlainName();
}
