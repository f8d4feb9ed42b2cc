using System.Globalization;
using System.Text;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Platform.Tenancy;
using CsvHelper;
using CsvHelper.Configuration;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace CodexOS.Identity.Access;

/// <summary>Questions about access, over HTTP.</summary>
internal static class AccessEndpoints
{
    private const string AsJson = "json";
    private const string AsCsv = "csv";
    private const string CsvType = "text/csv";

    public static void Map(IEndpointRouteBuilder api)
    {
        var access = api.MapGroup("/access").WithTags("Access")
            .ProducesProblem(StatusCodes.Status401Unauthorized)
            .ProducesProblem(StatusCodes.Status403Forbidden);
        access.MapGet("", WhoMayAsync).RequirePermission("access:read")
            .WithName("ListAccess")
            .WithSummary("Who can do something, by role, by grant or in projects; with resource (kind:name), who can do it with that one thing.")
            .Produces<Page<AccessHolder>>()
            .ProducesProblem(StatusCodes.Status400BadRequest);
        access.MapGet("/review", ReviewAsync).RequirePermission("access:read")
            .WithName("GetAccessReview")
            .WithSummary("Every member, service account, grant, role in a project, API key and application at once, as JSON or CSV.")
            .Produces<AccessReview>(StatusCodes.Status200OK, "application/json", CsvType)
            .ProducesProblem(StatusCodes.Status400BadRequest)
            .ProducesProblem(StatusCodes.Status422UnprocessableEntity);
    }

    private static async Task<IResult> WhoMayAsync(
        string permission, AccessQuery query, CancellationToken cancellationToken, string? resource = null,
        int? limit = null, string? cursor = null)
    {
        if (!PageRequest.Read(limit, cursor).TryGet(out var page, out var fault)) return fault.Problem();
        Resource? on = null;
        if (resource is not null)
        {
            if (!Resource.TryParse(resource, out var named)) return Grants.GrantStore.BadResource.Problem();
            on = named;
        }

        var from = HolderCursor.Start;
        if (page.After is { } after && !HolderCursor.TryParse(after, out from)) return PageRequest.BadCursor.Problem();
        var found = await query.WhoMayAsync(permission, on, from, page.Limit + 1, cancellationToken);
        return found.TryGet(out var holders, out fault)
            ? TypedResults.Ok(page.PageOf(holders, HolderCursor.Of))
            : fault.Problem();
    }

    private static async Task<IResult> ReviewAsync(
        HttpContext context, AccessReviewReader reader, CancellationToken cancellationToken,
        string format = AsJson)
    {
        if (format is not (AsJson or AsCsv)) return BadFormat.Problem();
        if (!(await reader.ReadAsync(cancellationToken)).TryGet(out var review, out var fault)) return fault.Problem();
        if (format is AsJson) return TypedResults.Ok(review);
        var name = $"access-review-{review.GeneratedAt.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture)}.csv";
        return TypedResults.File(Csv(review), CsvType, name);
    }

    /// <summary>
    /// Names are what people made them, and a spreadsheet takes some texts for formulas: those are escaped.
    /// </summary>
    private static byte[] Csv(AccessReview review)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        using (var csv = new CsvWriter(text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            InjectionOptions = InjectionOptions.Escape,
            NewLine = "\r\n",
        }))
        {
            string[] heads =
            [
                "entry", "id", "subject", "subjectKind", "subjectName", "email", "state", "role", "permissions", "resource",
                "secondFactor", "givenAt", "expiresAt", "lastUsedAt", "application",
            ];
            foreach (var head in heads) csv.WriteField(head);
            csv.NextRecord();
            foreach (var entry in review.Entries)
            {
                string?[] fields =
                [
                    Word(entry.Entry), entry.Id, entry.Subject.ToString(), Word(entry.SubjectKind), entry.SubjectName,
                    entry.Email, entry.State, entry.Role, entry.Permissions, entry.Resource,
                    entry.SecondFactor is { } factor ? (factor ? "yes" : "no") : null,
                    At(entry.GivenAt), At(entry.ExpiresAt), At(entry.LastUsedAt), entry.Application,
                ];
                foreach (var field in fields) csv.WriteField(field);
                csv.NextRecord();
            }
        }

        return Encoding.UTF8.GetBytes(text.ToString());
    }

    private static Fault BadFormat { get; } =
        new("identity.bad_review_format", FaultKind.Invalid, "format must be json or csv.");

    private static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    private static string? At(DateTimeOffset? at) => at?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
