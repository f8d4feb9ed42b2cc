using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Http;

/// <summary>Everything that goes over the wire, its code generated at build time so that commands start fast.</summary>
[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web,
    PropertyNameCaseInsensitive = false,
    NumberHandling = JsonNumberHandling.Strict,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(SetupState))]
[JsonSerializable(typeof(SetupBody))]
[JsonSerializable(typeof(SignInBody))]
[JsonSerializable(typeof(RefreshBody))]
[JsonSerializable(typeof(SessionTokens))]
[JsonSerializable(typeof(Me))]
[JsonSerializable(typeof(Page<AgentSummary>), TypeInfoPropertyName = "AgentPage")]
[JsonSerializable(typeof(Page<AgentVersion>), TypeInfoPropertyName = "AgentVersionPage")]
[JsonSerializable(typeof(Page<Run>), TypeInfoPropertyName = "RunPage")]
[JsonSerializable(typeof(Page<Approval>), TypeInfoPropertyName = "ApprovalPage")]
[JsonSerializable(typeof(Agent))]
[JsonSerializable(typeof(AgentVersion))]
[JsonSerializable(typeof(StartRunRequest))]
[JsonSerializable(typeof(Run))]
[JsonSerializable(typeof(RunsLoad))]
[JsonSerializable(typeof(Approval))]
[JsonSerializable(typeof(RunEvent))]
[JsonSerializable(typeof(DeltaUpdate))]
[JsonSerializable(typeof(EventPage))]
[JsonSerializable(typeof(DecideBody))]
[JsonSerializable(typeof(CancelBody))]
[JsonSerializable(typeof(PauseBody))]
[JsonSerializable(typeof(SteerBody))]
[JsonSerializable(typeof(SignalBody))]
[JsonSerializable(typeof(ResolveBody))]
[JsonSerializable(typeof(BulkBody))]
[JsonSerializable(typeof(BulkPreview))]
[JsonSerializable(typeof(RetryBody))]
[JsonSerializable(typeof(RollbackBody))]
[JsonSerializable(typeof(ForkRequest))]
[JsonSerializable(typeof(RunStateView))]
[JsonSerializable(typeof(RollbackPlan))]
[JsonSerializable(typeof(Page<Checkpoint>), TypeInfoPropertyName = "CheckpointPage")]
[JsonSerializable(typeof(Workspace))]
[JsonSerializable(typeof(SampleBody))]
[JsonSerializable(typeof(ItemList<Sample>), TypeInfoPropertyName = "SampleList")]
[JsonSerializable(typeof(ItemList<Tool>), TypeInfoPropertyName = "ToolList")]
[JsonSerializable(typeof(PolicyVersion))]
[JsonSerializable(typeof(PolicyTestRequest))]
[JsonSerializable(typeof(PolicyTestResult))]
[JsonSerializable(typeof(StandingApproval))]
[JsonSerializable(typeof(StandingApprovalRequest))]
[JsonSerializable(typeof(Page<StandingApproval>), TypeInfoPropertyName = "StandingApprovalPage")]
[JsonSerializable(typeof(Connection))]
[JsonSerializable(typeof(CreateConnection))]
[JsonSerializable(typeof(Page<Connection>), TypeInfoPropertyName = "ConnectionPage")]
[JsonSerializable(typeof(Page<ConnectionTool>), TypeInfoPropertyName = "ConnectionToolPage")]
[JsonSerializable(typeof(FolderListing))]
[JsonSerializable(typeof(WorkspaceDiff))]
[JsonSerializable(typeof(SystemState))]
[JsonSerializable(typeof(Page<Tenant>), TypeInfoPropertyName = "TenantPage")]
[JsonSerializable(typeof(CreateTenantBody))]
[JsonSerializable(typeof(CreatedTenant))]
[JsonSerializable(typeof(Page<Quota>), TypeInfoPropertyName = "QuotaPage")]
[JsonSerializable(typeof(SetQuotaBody))]
[JsonSerializable(typeof(ServiceMode))]
[JsonSerializable(typeof(ServiceModeBody))]
[JsonSerializable(typeof(ItemList<ClusterNode>), TypeInfoPropertyName = "ClusterNodeList")]
internal sealed partial class WireJson : JsonSerializerContext;
