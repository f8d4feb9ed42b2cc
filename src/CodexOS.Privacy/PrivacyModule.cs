using CodexOS.Platform.Blobs;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Privacy.Erasure;
using CodexOS.Privacy.Evidence;
using CodexOS.Privacy.Exports;
using CodexOS.Privacy.Keys;
using CodexOS.Privacy.Retention;
using CodexOS.Privacy.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Privacy;

/// <summary>What people can ask of their data: exports, erasures, and for how long it is kept.</summary>
public sealed class PrivacyModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidated<PrivacyOptions>(PrivacyOptions.Section);
        services.AddValidation();
        services.AddModuleDbContext<PrivacyDb>(PrivacyDb.SchemaName);
        services.AddSingleton<PrivacySubjects>();

        // Exports: read → pack → seal → keep for a while
        services.AddSingleton<SubjectArchive>();
        services.AddSingleton<SealedExports>();
        services.AddSingleton<IRunProgram, ExportProgram>();
        services.AddSingleton<IEffectHandler, ExportHandler>();
        services.AddSingleton<IRetainedData, RetainedExports>();
        services.AddSingleton<ISubjectData, ExportedSubjectData>();
        services.AddSingleton<IBlobWitness, ExportBlobs>();

        // Erasures: check → erase, part by part → destroy the key → sign
        services.AddSingleton<ErasureGuard>();
        services.AddSingleton<Receipts>();
        services.AddSingleton<IRunProgram, ErasureProgram>();
        services.AddSingleton<IEffectHandler, ErasureHandler>();
        services.AddHostedService<ErasureReplay>();

        // Rotations of keys: next → wrap → seal → retire, each a stage of Trust
        services.AddSingleton<KeyRotations>();
        services.AddSingleton<IRunProgram, RotationProgram>();
        services.AddSingleton<IEffectHandler, RotationHandler>();

        // Evidence for audits: sign the log → read → pack → seal → sign the manifest → keep for a while
        services.AddSingleton<EvidenceArchive>();
        services.AddSingleton<EvidenceBundles>();
        services.AddSingleton<IRunProgram, EvidenceProgram>();
        services.AddSingleton<IEffectHandler, EvidenceHandler>();
        services.AddSingleton<IEvidenceSource, PrivacyEvidence>();
        services.AddSingleton<IRetainedData, RetainedEvidence>();
        services.AddSingleton<ISubjectData, EvidenceSubjectData>();
        services.AddSealedColumns<PrivacyDb>();

        // How long data is kept; the engine's retention asks for it
        services.AddSingleton<TenantRetention>();
        services.AddSingleton<IRetentionPolicies>(static provider => provider.GetRequiredService<TenantRetention>());
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        ExportEndpoints.Map(api);
        ErasureEndpoints.Map(api);
        RetentionEndpoints.Map(api);
        RotationEndpoints.Map(api);
        EvidenceEndpoints.Map(api);
    }
}
