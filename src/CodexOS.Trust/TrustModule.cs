using CodexOS.Platform.Egress;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Evidence;
using CodexOS.Trust.Holds;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Privacy;
using CodexOS.Trust.Secrets;
using CodexOS.Trust.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Trust;

/// <summary>Keeps the audit log, the keys, the secrets and the legal holds.</summary>
public sealed class TrustModule : IModule
{
    /// <inheritdoc />
    public void Add(IHostApplicationBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var services = builder.Services;
        services.AddValidation();
        services.AddHttpContextAccessor();
        services.AddModuleDbContext<TrustDb>(TrustDb.SchemaName);
        services.AddOwnedIds<AuditEntryId>(TrustDb.SchemaName, "audit_entries", "entry_id");

        // The audit log: record → sequence → sign → publish
        services.AddValidated<AuditOptions>(AuditOptions.Section);
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<PersonalFacts>();
        services.AddSingleton<ShardedAudit>();
        services.AddSingleton<AuditSequencer>();
        services.AddSingleton<CheckpointSigner>();
        services.AddSingleton<IAttestation>(static provider => provider.GetRequiredService<CheckpointSigner>());
        services.AddSingleton<AuditCheckpoints>();
        services.AddSingleton<ICheckpointSink, CheckpointFolder>();
        services.AddValidated<CheckpointBucketOptions>(CheckpointBucketOptions.Section);
        if (builder.Configuration[CheckpointBucketOptions.NameKey] is { Length: > 0 })
            services.AddSingleton<ICheckpointSink, CheckpointBucket>();
        services.AddHostedService<AuditTimer>();
        services.AddSingleton<AuditQueries>();
        services.AddSingleton<AuditExport>();
        services.AddSingleton<IAuditHeads>(static provider => provider.GetRequiredService<AuditExport>());
        services.AddSingleton<AuditVerification>();
        services.AddSingleton<IAuditErasure, AuditErasure>();
        services.AddSingleton<IAuditSubjects, AuditSubjects>();

        // The vault: root key → tenant key → data and subject keys → values
        services.AddValidated<VaultOptions>(VaultOptions.Section);
        services.TryAddSingleton<IKeyService, RootKeys>();
        services.AddSingleton<KeyTombstones>();
        services.AddHostedService<KeyBurial>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<IVault, Vault>();
        services.AddSealedColumns<TrustDb>();
        services.AddSingleton<SealedValues>();
        services.AddSingleton<KeyRotation>();
        services.AddSingleton<IKeyRotation>(static provider => provider.GetRequiredService<KeyRotation>());
        services.AddHostedService<KeySweep>();

        // Secrets
        services.AddSingleton<SecretStore>();
        services.AddSingleton<ISecretStore, VaultSecrets>();

        // What is known of persons, how long it is kept, what must not go, and what auditors are shown
        services.AddValidated<HoldOptions>(HoldOptions.Section);
        services.AddSingleton<HoldStore>();
        services.AddSingleton<ILegalHolds>(static provider => provider.GetRequiredService<HoldStore>());
        services.AddOwnedIds<LegalHoldId>(TrustDb.SchemaName, "legal_holds", "hold_id");
        services.AddSingleton<ISubjectData, TrustSubjectData>();
        services.AddSingleton<IRetainedData, RetainedAuditFacts>();
        services.AddSingleton<IEvidenceSource, AuditEvidence>();
        services.AddSingleton<IEvidenceSource, KeyEvidence>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        AuditEndpoints.Map(api);
        KeyEndpoints.Map(api);
        SecretEndpoints.Map(api);
        HoldEndpoints.Map(api);
    }
}
