using System.Text;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Tools.Connections;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Tools.OpenApi;

/// <summary>
/// HTTP APIs that an OpenAPI document describes. A call goes through the door that the run's grant has opened; the
/// connection's secret is added there, for the API's host alone.
/// </summary>
internal sealed class OpenApiKind(IEgress egress, IOptions<ConnectionOptions> limits) : IConnectionKind
{
    public string Kind => ConnectionSettings.OpenApi.Word;

    public Fault? Check(ConnectionSettings settings)
    {
        var given = GivenOf(settings);
        if (given is { Document: null, Url: null }) return ConnectionFaults.BadSettings("give the document, or the address where it is");
        if (given.Url is { } url && !ConnectionAddress.Read(url, limits.Value).TryGet(out _, out var fault)) return fault;
        return given.Server is { } server && server.Contains("://", StringComparison.Ordinal)
            && !ConnectionAddress.Read(server, limits.Value).TryGet(out _, out fault) ? fault : null;
    }

    public async Task<Result<Discovery>> DiscoverAsync(Connection connection, CancellationToken cancellationToken)
    {
        var given = GivenOf(connection.Settings);
        var text = connection.Document;
        if (text is null)
        {
            var fetched = await FetchAsync(connection, given.Url!, cancellationToken);
            if (!fetched.TryGet(out text, out var fault)) return fault;
        }

        return ApiReader.Read(text, connection.Name, given, limits.Value);
    }

    public ToolContract ContractOf(Connection connection, ToolDefinition definition)
    {
        var (host, repeat) = (new Uri(ApiBinding.Of(definition).Address).Host, RepeatOf(connection, definition));
        return new(definition.Name, definition.Description, definition.InputSchema, definition.Effect, repeat)
        {
            IsOutgoing = true,
            Audience = Readers.Of(host),
            // What it says it knows already, so that it can be told again.
            OutputReaders = Readers.Of(Readers.TenantWord, host),
            TimeMax = limits.Value.CallTimeMax,
        };
    }

    public ITool ToolOf(Connection connection, ToolDefinition definition, ToolContract contract)
    {
        var own = connection.Overrides.GetValueOrDefault(definition.Name);
        var binding = ApiBinding.Of(definition);
        // What makes a new thing each time can be repeated only under a key that the API knows.
        if (binding.Method is "POST" or "PATCH" && contract.Repeat is RepeatClass.Keyed && own?.IdempotencyHeader is null)
            contract = contract with { Repeat = RepeatClass.Unsafe };
        var settings = new EgressClientSettings
        {
            AnswerBytesMax = limits.Value.AnswerBytesMax,
            SilenceMax = limits.Value.CallTimeMax,
            Target = ConnectionAddress.RuleOf(new Uri(binding.Address), GivenOf(connection.Settings).Secret),
        };
        return new OpenApiTool(definition, contract, own, settings);
    }

    private static RepeatClass RepeatOf(Connection connection, ToolDefinition definition) =>
        definition.Repeat is RepeatClass.Unsafe
        && connection.Overrides.GetValueOrDefault(definition.Name) is { IdempotencyHeader: not null }
            ? RepeatClass.Keyed
            : definition.Repeat;

    private async Task<Result<string>> FetchAsync(Connection connection, string url, CancellationToken cancellationToken)
    {
        if (!ConnectionAddress.Read(url, limits.Value).TryGet(out var address, out var fault)) return fault;
        // The secret is for the API, and who keeps the document may be somebody else.
        var rule = ConnectionAddress.RuleOf(address, null);
        var opened = egress.Open(
            new EgressGrant([rule], egress.AllowedNetworks), new EgressScope(connection.Tenant, $"connection {connection.Id}"));
        if (!opened.TryGet(out var network, out fault)) return fault;
        using (network)
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, address);
            request.Headers.TryAddWithoutValidation("Accept", "application/json, application/yaml, text/yaml, */*;q=0.5");
            var settings = new EgressClientSettings { AnswerBytesMax = limits.Value.DocumentBytesMax, Target = rule };
            var sent = await network.SendAsync(request, settings, cancellationToken);
            if (!sent.TryGet(out var response, out fault)) return fault;
            using (response)
            {
                if (!response.IsSuccessStatusCode)
                {
                    return new Fault(
                        "openapi.not_fetched", FaultKind.Upstream,
                        $"The document could not be fetched (HTTP {(int)response.StatusCode}). Check its address, or give the document itself.");
                }

                try
                {
                    return Encoding.UTF8.GetString(await response.Content.ReadAsByteArrayAsync(cancellationToken));
                }
                catch (HttpRequestException error) when (EgressFaults.Of(error) is { } broken)
                {
                    return broken;
                }
            }
        }
    }

    private static OpenApiSettings GivenOf(ConnectionSettings settings) => ((ConnectionSettings.OpenApi)settings).Given;
}
