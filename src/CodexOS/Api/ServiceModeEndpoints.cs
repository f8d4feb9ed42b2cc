using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Platform.Service;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Http.HttpResults;

namespace CodexOS.Api;

/// <summary>Changes how the installation serves.</summary>
public sealed record ChangeServiceModeRequest
{
    /// <summary>How it is to serve.</summary>
    [Required(ErrorMessage = "Give a mode: normal, readOnly or maintenance.")]
    public ServiceModeKind? Mode { get; init; }

    /// <summary>Why, in words for whoever is turned away; at most 500 characters.</summary>
    [StringLength(500, ErrorMessage = "A reason has at most 500 characters.")]
    public string? Reason { get; init; }
}

/// <summary>The routes of the service mode, which serve in every mode.</summary>
internal static class ServiceModeEndpoints
{
    public static void Map(IEndpointRouteBuilder api)
    {
        api.MapGet("/service-mode", Get).RequireSignIn().ServeAlways().WithTags("System")
            .WithName("GetServiceMode").WithSummary("Whether the installation serves as ever, read-only or not at all")
            .ProducesProblem(401);
        api.MapPut("/service-mode", ChangeAsync).RequirePermission("service:write").ServeAlways().WithTags("System")
            .WithName("ChangeServiceMode").WithSummary("Switch maintenance or read-only mode on or off, for all nodes")
            .ProducesProblem(400).ProducesProblem(401).ProducesProblem(403);
    }

    private static Ok<ServiceMode> Get(ServiceModes modes) => TypedResults.Ok(modes.Current);

    private static async Task<Ok<ServiceMode>> ChangeAsync(
        ChangeServiceModeRequest request, Caller caller, ServiceModes modes, IAuditLog audit,
        CancellationToken cancellationToken)
    {
        var mode = request.Mode!.Value;
        // The mode is the platform's, which knows no log: what cannot be written down before is not done.
        await audit.RecordAsync(
            AuditEntry.Done("service_mode.change").On("service_mode", JsonNamingPolicy.CamelCase.ConvertName($"{mode}")),
            cancellationToken);
        return TypedResults.Ok(await modes.ChangeAsync(mode, request.Reason, caller, cancellationToken));
    }
}
