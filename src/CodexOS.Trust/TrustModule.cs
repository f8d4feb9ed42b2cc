using CodexOS.Platform.Egress;
using CodexOS.Platform.Modules;
using CodexOS.Platform.Options;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using CodexOS.Trust.Keys;
using CodexOS.Trust.Secrets;
using CodexOS.Trust.Storage;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace CodexOS.Trust;

/// <summary>Keeps the audit log, the keys and the secrets.</summary>
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

        // The audit log: record → sequence → sign → publish
        services.AddValidated<AuditOptions>(AuditOptions.Section);
        services.AddSingleton<IAuditLog, AuditLog>();
        services.AddSingleton<AuditSequencer>();
        services.AddSingleton<CheckpointSigner>();
        services.AddSingleton<AuditCheckpoints>();
        services.AddSingleton<ICheckpointSink, CheckpointFolder>();
        services.AddHostedService<AuditTimer>();
        services.AddSingleton<AuditQueries>();
        services.AddSingleton<AuditExport>();
        services.AddSingleton<AuditVerification>();
        services.AddSingleton<IAuditErasure, AuditErasure>();

        // The vault: root key → tenant key → data and subject keys → values
        services.AddValidated<VaultOptions>(VaultOptions.Section);
        services.TryAddSingleton<IKeyService, RootKeys>();
        services.AddSingleton<KeyRing>();
        services.AddSingleton<IVault, Vault>();
        services.AddSealedColumns<TrustDb>();
        services.AddSingleton<SealedValues>();
        services.AddSingleton<KeyRotation>();
        services.AddHostedService<KeySweep>();

        // Secrets
        services.AddSingleton<SecretStore>();
        services.AddSingleton<ISecretStore, VaultSecrets>();
    }

    /// <inheritdoc />
    public void Map(IEndpointRouteBuilder api)
    {
        AuditEndpoints.Map(api);
        KeyEndpoints.Map(api);
        SecretEndpoints.Map(api);
    }
}
