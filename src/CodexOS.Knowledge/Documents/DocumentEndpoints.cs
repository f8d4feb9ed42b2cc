using System.Globalization;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Contracts;
using CodexOS.Knowledge.Storage;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Documents;

/// <summary>Documents of knowledge bases over HTTP.</summary>
internal static class DocumentEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        var documents = api.MapGroup("/knowledge/{name}/documents").WithTags("Knowledge")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden)
            .ProducesProblem(StatusCodes.Status404NotFound);
        documents.MapPost("", AddAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .Accepts<byte[]>("application/octet-stream", "*/*")
            .WithName("AddDocument")
            .WithSummary(
                "Adds the file in the body as a document, or replaces the content of the one of this name. It is found once an ingestion "
                + "has read it.")
            .Produces<AddedDocument>(StatusCodes.Status201Created)
            .Produces<AddedDocument>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status413PayloadTooLarge)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity)
            .ProducesProblem(StatusCodes.Status507InsufficientStorage);
        documents.MapGet("", ListAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("ListDocuments").WithSummary("The documents of a knowledge base that the caller may read, oldest first.")
            .Produces<Page<Document>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        documents.MapGet("/{id}", GetAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("GetDocument").WithSummary("A document.")
            .Produces<Document>();
        documents.MapGet("/{id}/file", ReadFileAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("ReadDocumentFile").WithSummary("The file as it was added.")
            .Produces<FileContentHttpResult>(StatusCodes.Status200OK, "application/octet-stream");
        documents.MapGet("/{id}/text", ReadTextAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("ReadDocumentText")
            .WithSummary("A stretch of the text that was read out of a document, with the passages that begin in it.")
            .Produces<DocumentTextPart>()
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status409Conflict);
        documents.MapPost("/{id}/retry", RetryAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("RetryDocument").WithSummary("Has the next ingestion read a document once more.")
            .Produces<Document>();
        documents.MapDelete("/{id}", DeleteAsync).RequirePermission("knowledge:write", ResourceKinds.Knowledge, "name")
            .WithName("DeleteDocument").WithSummary("Deletes a document: its passages, its text and its file.");
    }

    private static async Task<IResult> AddAsync(
        string name, [FromQuery(Name = "document")] string? document, HttpContext context, Caller caller, BaseStore bases,
        DocumentStore store, IOptions<KnowledgeOptions> options, CancellationToken cancellationToken,
        [FromQuery] string[]? reader = null, [FromQuery] string[]? metadata = null, [FromQuery] DateTimeOffset? at = null)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        if (!DocumentFacts.Name(document).TryGet(out var named, out fault)) return fault.Problem();
        if (!DocumentFacts.Readers(reader).TryGet(out var readers, out fault)) return fault.Problem();
        if (!DocumentFacts.Metadata(metadata).TryGet(out var pairs, out fault)) return fault.Problem();
        var body = await ReadBodyAsync(context, options.Value.DocumentBytesMax, cancellationToken);
        if (!body.TryGet(out var content, out fault)) return fault.Problem();
        var mediaType = context.Request.ContentType ?? "";
        var added = await store.AddAsync(
            place, new NewDocument(named, mediaType.Length > 200 ? "" : mediaType, content, readers, pairs, at), caller.User,
            cancellationToken);
        if (!added.TryGet(out var made, out fault)) return fault.Problem();
        return made.Change is DocumentChange.Added
            ? TypedResults.Created($"/api/v1/knowledge/{place.Name}/documents/{made.Document.Id}", made)
            : TypedResults.Ok(made);
    }

    private static async Task<IResult> ListAsync(
        string name, Caller caller, BaseStore bases, DocumentStore store, CancellationToken cancellationToken,
        string? state = null, int? limit = null, string? cursor = null)
    {
        var word = QueryWord.Read<DocumentState>(state, "knowledge.bad_state");
        if (!word.TryGet(out var wanted, out var fault)) return fault.Problem();
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out fault)) return fault.Problem();
        if (!page.KeyAfter<DocumentId>().TryGet(out var after, out fault)) return fault.Problem();
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out fault)) return fault.Problem();
        var rows = await store.ListAsync(place, wanted, after, page.Limit + 1, cancellationToken);
        var whole = page.PageOf(rows, static row => row.DocumentId.ToString());
        return TypedResults.Ok(new Page<Document>(
            [.. whole.Items.Where(row => DocumentAccess.MayRead(row, caller)).Select(DocumentView.Of)], whole.NextCursor));
    }

    private static async Task<IResult> GetAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, CancellationToken cancellationToken) =>
        (await FindAsync(name, id, caller, bases, store, cancellationToken)).TryGet(out var found, out var fault)
            ? TypedResults.Ok(DocumentView.Of(found.Row))
            : fault.Problem();

    private static async Task<IResult> ReadFileAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, BaseContent content,
        IDbContextFactory<KnowledgeDb> contexts, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(name, id, caller, bases, store, cancellationToken)).TryGet(out var found, out var fault))
            return fault.Problem();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var read = await content.ReadAsync(
            db, found.Base, found.Row.DocumentId, ContentPart.File, found.Row.ContentBlob, cancellationToken);
        if (!read.TryGet(out var bytes, out fault)) return fault.Problem();
        // Never as what it says it is: a page of a stranger must not run as one of this server.
        return TypedResults.File(bytes, "application/octet-stream", Path.GetFileName(found.Row.Name));
    }

    private static async Task<IResult> ReadTextAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, DocumentTexts texts,
        CancellationToken cancellationToken, [FromQuery] int? start = null, [FromQuery] int? length = null)
    {
        const int lengthMax = 100_000;
        if (start is < 0 || length is < 1 or > lengthMax)
        {
            return new Fault(
                "knowledge.bad_stretch", FaultKind.Invalid,
                string.Create(CultureInfo.InvariantCulture, $"start must be 0 or more, and length between 1 and {lengthMax}.")).Problem();
        }

        if (!(await FindAsync(name, id, caller, bases, store, cancellationToken)).TryGet(out var found, out var fault))
            return fault.Problem();
        if (!(await texts.ReadAsync(found.Base, found.Row, cancellationToken)).TryGet(out var text, out fault))
            return fault.Problem();
        return TypedResults.Ok(DocumentTextPart.Of(text, found.Row.Version, start ?? 0, length ?? 20_000));
    }

    private static async Task<IResult> RetryAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(name, id, caller, bases, store, cancellationToken)).TryGet(out var found, out var fault))
            return fault.Problem();
        return (await store.RetryAsync(found.Base, id, cancellationToken)).TryGet(out var row, out fault)
            ? TypedResults.Ok(DocumentView.Of(row))
            : fault.Problem();
    }

    private static async Task<Results<NoContent, ProblemHttpResult>> DeleteAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, CancellationToken cancellationToken)
    {
        if (!(await FindAsync(name, id, caller, bases, store, cancellationToken)).TryGet(out var found, out var fault))
            return fault.Problem();
        return (await store.DeleteAsync(found.Base, id, cancellationToken)).ToNoContent();
    }

    private static async Task<Result<(BaseRow Base, DocumentRow Row)>> FindAsync(
        string name, string id, Caller caller, BaseStore bases, DocumentStore store, CancellationToken cancellationToken)
    {
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault;
        if (!(await store.FindAsync(place, id, cancellationToken)).TryGet(out var row, out fault)) return fault;
        // Whoever may not read a document is not told that it is there.
        return DocumentAccess.MayRead(row, caller) ? (place, row) : KnowledgeFaults.DocumentNotFound;
    }

    private static async Task<Result<byte[]>> ReadBodyAsync(
        HttpContext context, int bytesMax, CancellationToken cancellationToken)
    {
        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
            size.MaxRequestBodySize = bytesMax;
        // An upload may take as long as its size needs; the server's least data rate ends one that stalls.
        context.Features.Get<Microsoft.AspNetCore.Http.Timeouts.IHttpRequestTimeoutFeature>()?.DisableTimeout();
        if (context.Request.ContentLength > bytesMax) return KnowledgeFaults.TooLarge(bytesMax);
        using var bytes = new MemoryStream((int)(context.Request.ContentLength ?? 0));
        try
        {
            await context.Request.Body.CopyToAsync(bytes, cancellationToken);
        }
        catch (BadHttpRequestException error) when (error.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return KnowledgeFaults.TooLarge(bytesMax);
        }

        return bytes.ToArray();
    }
}
