using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Identity.Scim.Protocol;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Identity.Scim;

/// <summary>How SCIM answers: with its media type, its refusals, and of an entry only what was asked for.</summary>
internal static class ScimAnswers
{
    public const string MediaType = "application/scim+json";

    public static IResult Of<T>(T value, int status = StatusCodes.Status200OK) =>
        TypedResults.Json(value, Json.Options, MediaType, status);

    /// <summary>
    /// An entry with its version, and with the attributes that were asked for; of a version that the caller has, only that it is
    /// the one.
    /// </summary>
    public static IResult Of<T>(T value, ScimMeta meta, ScimAttributes asked, HttpContext context)
    {
        context.Response.Headers.ETag = meta.Version;
        return ScimVersion.IsKnown(context, meta.Version)
            ? TypedResults.StatusCode(StatusCodes.Status304NotModified)
            : Of(value, asked);
    }

    /// <summary>An entry that was made or changed, with its version.</summary>
    public static IResult Of<T>(T value, ScimMeta meta, HttpContext context, int status = StatusCodes.Status200OK)
    {
        context.Response.Headers.ETag = meta.Version;
        return Of(value, status);
    }

    /// <summary>An entry, with the attributes that were asked for (RFC 7644, section 3.9).</summary>
    public static IResult Of<T>(T value, ScimAttributes asked) =>
        asked.AreAll ? Of(value) : Of(asked.Of(JsonSerializer.SerializeToNode(value, Json.Options)!.AsObject()));

    /// <summary>A list, each entry of which has the attributes that were asked for.</summary>
    public static IResult Of<T>(ScimList<T> list, ScimAttributes asked) => asked.AreAll
        ? Of(list)
        : Of(new ScimList<JsonObject>(
            list.Schemas, list.TotalResults, list.StartIndex, list.ItemsPerPage,
            [.. list.Resources.Select(one => asked.Of(JsonSerializer.SerializeToNode(one, Json.Options)!.AsObject()))]));

    public static IResult Refuse(Fault fault)
    {
        var status = fault.Code == ScimFaults.ChangedCode
            ? StatusCodes.Status412PreconditionFailed
            : FaultTable.Of(fault.Kind).HttpStatus;
        var answer = Of(
            new ScimError([ScimSchemas.Error], $"{status}", fault.Message, fault.Code, Activity.Current?.TraceId.ToString())
            {
                ScimType = fault.Details.GetValueOrDefault(ScimFaults.TypeName) as string,
            },
            status);
        return Refusal.With(answer, fault);
    }
}

/// <summary>Has whatever refuses a request to SCIM say so in SCIM's form.</summary>
internal sealed class ScimFaultForm : IFaultForm
{
    public IResult Answer(Fault fault) => ScimAnswers.Refuse(fault);
}
