using System.IO.Compression;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Ids;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Privacy.Exports;

/// <summary>
/// Makes the archive of a person's data: a zip with <c>manifest.json</c>, and for each document <c>data/NAME.json</c>, an
/// array, and <c>schemas/NAME.schema.json</c>, the JSON Schema (2020-12) that it follows.
/// </summary>
internal sealed class SubjectArchive(
    IEnumerable<ISubjectData> sources, IOptions<PrivacyOptions> options, TimeProvider clock)
{
    private const int FormatVersion = 1;

    private static readonly JsonSerializerOptions s_indented = new(Json.Options) { WriteIndented = true };

    /// <summary>Reads everything and packs it.</summary>
    /// <param name="subject">The person.</param>
    /// <param name="tenant">The tenant whose data it is.</param>
    /// <param name="run">The run that exports.</param>
    /// <param name="onDocument">Told how many documents are done, and of how many.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<byte[]>> PackAsync(
        DataSubject subject, TenantId tenant, RunId run, Action<int, int> onDocument, CancellationToken cancellationToken)
    {
        var documents = sources
            .SelectMany(static source => source.Documents.Select(document => (source.Name, Document: document)))
            .ToList();
        var room = options.Value.ExportBytesMax;
        var files = new List<ExportedFile>();
        using var bytes = new MemoryStream();
        using (var archive = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (module, document) in documents)
            {
                if (await WriteAsync(document, subject, room, cancellationToken) is not var (data, count))
                    return PrivacyFaults.TooLarge(options.Value.ExportBytesMax);
                room -= data.Length;
                var (path, schema) = ($"data/{document.Name}.json", $"schemas/{document.Name}.schema.json");
                await AddAsync(archive, path, data, cancellationToken);
                await AddAsync(
                    archive, schema, JsonSerializer.SerializeToUtf8Bytes(SchemaOf(document), s_indented), cancellationToken);
                files.Add(new ExportedFile(
                    path, schema, module, document.Summary, count, data.Length, Convert.ToHexStringLower(SHA256.HashData(data))));
                onDocument(files.Count, documents.Count);
            }

            var manifest = new ExportManifest(FormatVersion, tenant, subject.Id, run, clock.GetUtcNow(), files);
            await AddAsync(archive, "manifest.json", JsonSerializer.SerializeToUtf8Bytes(manifest, s_indented), cancellationToken);
        }

        return bytes.ToArray();
    }

    /// <summary>A document as an array; null if it has no room.</summary>
    private static async Task<(byte[] Data, long Count)?> WriteAsync(
        SubjectDocument document, DataSubject subject, long bytesMax, CancellationToken cancellationToken)
    {
        using var bytes = new MemoryStream();
        await using var writer = new Utf8JsonWriter(bytes, new JsonWriterOptions { Indented = true });
        writer.WriteStartArray();
        var count = 0L;
        await foreach (var item in document.ReadAsync(subject, cancellationToken))
        {
            JsonSerializer.Serialize(writer, item, document.ItemType, Json.Options);
            count++;
            if (bytes.Length + writer.BytesPending > bytesMax) return null;
        }

        writer.WriteEndArray();
        await writer.FlushAsync(cancellationToken);
        return (bytes.ToArray(), count);
    }

    private static JsonObject SchemaOf(SubjectDocument document)
    {
        var options = new JsonSchemaExporterOptions { TransformSchemaNode = Describe, TreatNullObliviousAsNonNullable = true };
        var schema = Json.Options.GetJsonSchemaAsNode(document.ItemType.MakeArrayType(), options).AsObject();
        schema.Insert(0, "$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.Insert(1, "title", document.Name);
        schema.Insert(2, "description", document.Summary);
        return schema;
    }

    /// <summary>Ids have a way of their own to be written, of which the exporter knows nothing: they are text.</summary>
    private static JsonNode Describe(JsonSchemaExporterContext context, JsonNode schema)
    {
        // What may be anything is said by an empty schema, which more programs understand than the word true.
        if (context.TypeInfo.Type == typeof(JsonElement)) return new JsonObject();
        var type = context.TypeInfo.Type;
        var bare = Nullable.GetUnderlyingType(type) ?? type;
        if (!bare.GetInterfaces().Any(static one => one.IsGenericType && one.GetGenericTypeDefinition() == typeof(ITypedId<>)))
            return schema;
        return bare == type
            ? new JsonObject { ["type"] = "string" }
            : new JsonObject { ["type"] = new JsonArray("string", "null") };
    }

    private static async Task AddAsync(
        ZipArchive archive, string path, byte[] content, CancellationToken cancellationToken)
    {
        await using var file = await archive.CreateEntry(path, CompressionLevel.Optimal).OpenAsync(cancellationToken);
        await file.WriteAsync(content, cancellationToken);
    }
}

/// <summary>What is in an archive.</summary>
/// <param name="Format">The number of the archive's form.</param>
/// <param name="Tenant">The tenant whose data it is.</param>
/// <param name="Subject">The person.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="CreatedAt">When.</param>
/// <param name="Files">The documents.</param>
internal sealed record ExportManifest(
    int Format, TenantId Tenant, UserId Subject, RunId Run, DateTimeOffset CreatedAt, IReadOnlyList<ExportedFile> Files);

/// <summary>A document of an archive.</summary>
/// <param name="Path">Where it is in the archive.</param>
/// <param name="Schema">Where its schema is.</param>
/// <param name="Module">Which part of CodexOS it comes from.</param>
/// <param name="Summary">What is in it.</param>
/// <param name="Items">How many things.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
internal sealed record ExportedFile(
    string Path, string Schema, string Module, string Summary, long Items, long SizeBytes, string Sha256);
