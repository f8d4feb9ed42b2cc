using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Cli.Doctor;
using CodexOS.Cli.Evidence;
using CodexOS.Cli.Screens;
using CodexOS.Cli.Verbs;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli;

/// <summary>What <c>--json</c> prints: one document, camelCase, the same members as the API.</summary>
[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, WriteIndented = true)]
[JsonSerializable(typeof(Page<AgentSummary>), TypeInfoPropertyName = "AgentPage")]
[JsonSerializable(typeof(Page<Run>), TypeInfoPropertyName = "RunPage")]
[JsonSerializable(typeof(Page<Approval>), TypeInfoPropertyName = "ApprovalPage")]
[JsonSerializable(typeof(Page<ClusterNode>), TypeInfoPropertyName = "NodePage")]
[JsonSerializable(typeof(Page<Checkpoint>), TypeInfoPropertyName = "CheckpointPage")]
[JsonSerializable(typeof(JsonElement))]
[JsonSerializable(typeof(RunStateView))]
[JsonSerializable(typeof(RollbackPlan))]
[JsonSerializable(typeof(StateDiffReport))]
[JsonSerializable(typeof(Agent))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(RunsLoad))]
[JsonSerializable(typeof(Approval))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(BulkPreview))]
[JsonSerializable(typeof(PolicyVersion))]
[JsonSerializable(typeof(PolicyTestResult))]
[JsonSerializable(typeof(StandingApproval))]
[JsonSerializable(typeof(Page<StandingApproval>), TypeInfoPropertyName = "StandingApprovalPage")]
[JsonSerializable(typeof(Connection))]
[JsonSerializable(typeof(Page<Connection>), TypeInfoPropertyName = "ConnectionPage")]
[JsonSerializable(typeof(Page<AuditRecord>), TypeInfoPropertyName = "AuditPage")]
[JsonSerializable(typeof(AuditReport))]
[JsonSerializable(typeof(Role))]
[JsonSerializable(typeof(Page<Role>), TypeInfoPropertyName = "RolePage")]
[JsonSerializable(typeof(Page<PermissionEntry>), TypeInfoPropertyName = "PermissionPage")]
[JsonSerializable(typeof(Grant))]
[JsonSerializable(typeof(Page<Grant>), TypeInfoPropertyName = "GrantPage")]
[JsonSerializable(typeof(Page<AccessHolder>), TypeInfoPropertyName = "AccessHolderPage")]
[JsonSerializable(typeof(Page<ApiKey>), TypeInfoPropertyName = "ApiKeyPage")]
[JsonSerializable(typeof(CreatedApiKey))]
[JsonSerializable(typeof(Project))]
[JsonSerializable(typeof(ProjectDetail))]
[JsonSerializable(typeof(ProjectMember))]
[JsonSerializable(typeof(ProjectThing))]
[JsonSerializable(typeof(Page<Project>), TypeInfoPropertyName = "ProjectPage")]
[JsonSerializable(typeof(Page<ProjectMember>), TypeInfoPropertyName = "ProjectMemberPage")]
[JsonSerializable(typeof(ServiceAccount))]
[JsonSerializable(typeof(Page<ServiceAccount>), TypeInfoPropertyName = "ServiceAccountPage")]
[JsonSerializable(typeof(Page<OAuthClient>), TypeInfoPropertyName = "OAuthClientPage")]
[JsonSerializable(typeof(CreatedOAuthClient))]
[JsonSerializable(typeof(Page<SsoConnection>), TypeInfoPropertyName = "SsoConnectionPage")]
[JsonSerializable(typeof(SsoDomain))]
[JsonSerializable(typeof(SsoTest))]
[JsonSerializable(typeof(Member))]
[JsonSerializable(typeof(Page<Member>), TypeInfoPropertyName = "MemberPage")]
[JsonSerializable(typeof(Invitation))]
[JsonSerializable(typeof(Page<Invitation>), TypeInfoPropertyName = "InvitationPage")]
[JsonSerializable(typeof(Me))]
[JsonSerializable(typeof(SecondFactorStatus))]
[JsonSerializable(typeof(Page<OwnSession>), TypeInfoPropertyName = "OwnSessionPage")]
[JsonSerializable(typeof(Page<Passkey>), TypeInfoPropertyName = "PasskeyPage")]
[JsonSerializable(typeof(Page<SecretSummary>), TypeInfoPropertyName = "SecretPage")]
[JsonSerializable(typeof(SecretSummary))]
[JsonSerializable(typeof(RevealedSecret))]
[JsonSerializable(typeof(Page<KeyVersion>), TypeInfoPropertyName = "KeyPage")]
[JsonSerializable(typeof(KeyRotationReport))]
[JsonSerializable(typeof(Page<EvidenceBundle>), TypeInfoPropertyName = "EvidencePage")]
[JsonSerializable(typeof(EvidenceReport))]
[JsonSerializable(typeof(Erasure))]
[JsonSerializable(typeof(Page<Erasure>), TypeInfoPropertyName = "ErasurePage")]
[JsonSerializable(typeof(Page<CachedAnswer>), TypeInfoPropertyName = "CachedAnswerPage")]
[JsonSerializable(typeof(CacheCleared))]
[JsonSerializable(typeof(SemanticCacheSetting))]
[JsonSerializable(typeof(LegalHold))]
[JsonSerializable(typeof(Page<LegalHold>), TypeInfoPropertyName = "LegalHoldPage")]
[JsonSerializable(typeof(RetentionState))]
[JsonSerializable(typeof(Page<RetentionState>), TypeInfoPropertyName = "RetentionPage")]
[JsonSerializable(typeof(KnowledgeBase))]
[JsonSerializable(typeof(Page<KnowledgeBase>), TypeInfoPropertyName = "KnowledgeBasePage")]
[JsonSerializable(typeof(KnowledgeDocument))]
[JsonSerializable(typeof(Page<KnowledgeDocument>), TypeInfoPropertyName = "KnowledgeDocumentPage")]
[JsonSerializable(typeof(KnowledgeSynonyms))]
[JsonSerializable(typeof(KnowledgeBoosts))]
[JsonSerializable(typeof(BoostsFile))]
[JsonSerializable(typeof(SynonymsFile))]
[JsonSerializable(typeof(SearchAnswer))]
[JsonSerializable(typeof(KnowledgeAnswer))]
[JsonSerializable(typeof(WrittenAnswer))]
[JsonSerializable(typeof(KnowledgeHealth))]
[JsonSerializable(typeof(KnowledgeEvaluation))]
[JsonSerializable(typeof(ArchivedBase))]
[JsonSerializable(typeof(ArchivedDocument))]
[JsonSerializable(typeof(ArchiveEnd))]
[JsonSerializable(typeof(KnowledgeSource))]
[JsonSerializable(typeof(Page<KnowledgeSource>), TypeInfoPropertyName = "KnowledgeSourcePage")]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(Workspace))]
[JsonSerializable(typeof(WrittenFile))]
[JsonSerializable(typeof(Page<WorkspaceVersion>), TypeInfoPropertyName = "WorkspaceVersionPage")]
[JsonSerializable(typeof(WorkspaceDiff))]
[JsonSerializable(typeof(FolderListing))]
[JsonSerializable(typeof(AppliedList))]
[JsonSerializable(typeof(DoctorReport))]
[JsonSerializable(typeof(Page<Tenant>), TypeInfoPropertyName = "TenantPage")]
[JsonSerializable(typeof(Page<Shard>), TypeInfoPropertyName = "ShardPage")]
[JsonSerializable(typeof(CreatedTenant))]
[JsonSerializable(typeof(Page<Quota>), TypeInfoPropertyName = "QuotaPage")]
[JsonSerializable(typeof(ServiceMode))]
[JsonSerializable(typeof(VersionReport))]
internal sealed partial class CliJson : JsonSerializerContext
{
    /// <summary>Documents: several lines, characters as they are except those that could steer a terminal.</summary>
    public static CliJson Documents => field ??= new(OptionsFor(isIndented: true));

    /// <summary>JSON Lines: one line each.</summary>
    public static CliJson Lines => field ??= new(OptionsFor(isIndented: false));

    public static void Print<T>(Terminal terminal, T value, JsonTypeInfo<T> type) =>
        terminal.Out.WriteLine(JsonSerializer.Serialize(value, type));

    private static JsonSerializerOptions OptionsFor(bool isIndented) => new(Default.Options)
    {
        WriteIndented = isIndented,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}
