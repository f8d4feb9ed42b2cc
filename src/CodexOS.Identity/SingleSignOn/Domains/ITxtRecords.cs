using DnsClient;
using DnsClient.Protocol;
using Microsoft.Extensions.Logging;

namespace CodexOS.Identity.SingleSignOn.Domains;

/// <summary>Looks up TXT records. Tests play the name server with it.</summary>
internal interface ITxtRecords
{
    /// <summary>The texts at a name; none if there are none or nobody answers.</summary>
    Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken);
}

/// <summary>Asks the name servers that the operating system is set up with.</summary>
internal sealed partial class SystemTxtRecords(ILogger<SystemTxtRecords> log) : ITxtRecords
{
    private readonly Lazy<LookupClient> _client = new(static () => new LookupClient(new LookupClientOptions
    {
        // The record may have been added a moment ago.
        UseCache = false,
        Timeout = TimeSpan.FromSeconds(3),
        Retries = 1,
    }));

    public async Task<IReadOnlyList<string>> FindAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            var answer = await _client.Value.QueryAsync(name, QueryType.TXT, QueryClass.IN, cancellationToken);
            return [.. answer.Answers.OfType<TxtRecord>().Select(static record => string.Concat(record.Text))];
        }
        catch (DnsResponseException error)
        {
            LogFailed(error);
            return [];
        }
    }

    [LoggerMessage(Level = LogLevel.Warning, Message = "No name server answered a question for a TXT record.")]
    private partial void LogFailed(Exception error);
}
