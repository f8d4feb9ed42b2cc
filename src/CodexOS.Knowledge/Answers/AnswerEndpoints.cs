using System.Text.Json;
using CodexOS.Inference.Contracts;
using CodexOS.Knowledge.Bases;
using CodexOS.Knowledge.Documents;
using CodexOS.Knowledge.Search;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.Options;

namespace CodexOS.Knowledge.Answers;

/// <summary>Answers over HTTP: at once in the documents' words, or by a model, which is a run.</summary>
internal static class AnswerEndpoints
{
    private const int BodyBytesMax = 32 * 1024;
    private const int PassagesMax = 8;
    private const int StepsMax = 10;

    public static void Map(IEndpointRouteBuilder api)
    {
        var bases = api.MapGroup("/knowledge/{name}", "Knowledge", BodyBytesMax);
        bases.MapPost("/ask", AskAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("AskKnowledge")
            .WithSummary("Answers a question in sentences of the documents that the caller may read, or says that they do not tell.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
        bases.MapPost("/answers", WriteAsync).RequirePermission("knowledge:read", ResourceKinds.Knowledge, "name")
            .WithName("WriteKnowledgeAnswer")
            .WithSummary(
                "Starts a run that has a model answer a question from the documents that the caller may read, and checks what it cites.")
            .ProducesValidationProblem()
            .ProducesProblem(StatusCodes.Status404NotFound)
            .ProducesProblem(StatusCodes.Status409Conflict)
            .ProducesProblem(StatusCodes.Status429TooManyRequests)
            .ProducesProblem(StatusCodes.Status503ServiceUnavailable);
    }

    private static async Task<Results<Ok<KnowledgeAnswer>, ProblemHttpResult>> AskAsync(
        string name, AskKnowledgeRequest request, Caller caller, AnswerPipeline pipeline, CancellationToken cancellationToken)
    {
        var query = new KnowledgeQuery(
            request.Question!, PassagesMax, request.Metadata ?? [], request.From, request.Before, request.Language);
        return (await pipeline.AskAsync(name, query, DocumentAccess.ReaderOf(caller), cancellationToken)).ToOk();
    }

    private static async Task<Results<Accepted<Run>, ProblemHttpResult>> WriteAsync(
        string name, WriteAnswerRequest request, [FromHeader(Name = "Idempotency-Key")] string? idempotencyKey, Caller caller,
        BaseStore bases, IModels models, IRuns runs, IOptions<KnowledgeOptions> options, CancellationToken cancellationToken)
    {
        // A model costs money, and what it was told is kept with the run.
        if (caller.Lacks("runs:start") is { } lacking) return lacking.Problem();
        if (!(await bases.FindAsync(name, cancellationToken)).TryGet(out var place, out var fault)) return fault.Problem();
        if (!ModelName.Parse(request.Model!).TryGet(out var model, out fault)) return fault.Problem();
        if (!models.Check(model).TryGet(out var provider, out fault)) return fault.Problem();
        var given = options.Value;
        var question = request.Question!.Trim();
        var started = await runs.StartAsync(
            new RunStart(
                caller.Tenant, caller.User, AnswerProgram.RunKind, place.Name, 1, AnswerTitle.Of(question),
                JsonSerializer.SerializeToElement(
                    new AnswerInput(place.BaseId, question, PassagesMax, model.ToString()), Json.Options),
                JsonSerializer.SerializeToElement(new AnswerGrant(place.BaseId, model.ToString()), Json.Options),
                new RunLimits(StepsMax, given.AnswerTimeMax, given.AnswerTokensMax, given.AnswerCostMaxMicroUsd),
                new RunLabels(model.ToString(), provider.IsReal, null),
                idempotencyKey),
            cancellationToken);
        return started.ToAccepted(static run => $"/api/v1/runs/{run.Id}");
    }
}
