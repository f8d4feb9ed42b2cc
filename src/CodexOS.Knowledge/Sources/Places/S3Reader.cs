using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CodexOS.Platform.Egress;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Storage;

namespace CodexOS.Knowledge.Sources.Places;

/// <summary>A bucket of an S3-compatible store, asked with the store's own client over the guard's connections.</summary>
internal sealed class S3Reader : ISourceReader
{
    private readonly ReaderScope _scope;
    private readonly int _bytesMax;
    private readonly AmazonS3Client _client;

    private S3Reader(ReaderScope scope, int bytesMax, AWSCredentials credentials)
    {
        (_scope, _bytesMax) = (scope, bytesMax);
        var place = scope.Place.S3!;
        var config = S3Stores.ConfigFor(place.Endpoint, place.Region);
        config.HttpClientFactory = new GuardedClients(scope.Network);
        _client = new AmazonS3Client(credentials, config);
    }

    /// <summary>Opens a bucket. The secret is one that may go to the store's host, over the transport that is used.</summary>
    public static async Task<Result<ISourceReader>> OpenAsync(
        ReaderScope scope, ISecretSource secrets, int bytesMax, CancellationToken cancellationToken)
    {
        var place = scope.Place.S3!;
        if (place.AccessKey is not { } key) return new S3Reader(scope, bytesMax, new AnonymousAWSCredentials());
        var endpoint = new Uri(place.Endpoint);
        if (!HostName.Parse(endpoint.Host).TryGet(out var host, out var fault)) return fault;
        var read = await secrets.ReadAsync(place.Secret!, scope.Row.TenantId, host, endpoint.Scheme == "https", cancellationToken);
        return read.TryGet(out var secret, out fault)
            ? new S3Reader(scope, bytesMax, new BasicAWSCredentials(key, secret.Secret))
            : fault;
    }

    /// <inheritdoc />
    public async Task<Result<Listing>> ListAsync(Func<ListedItem, ValueTask<bool>> found, CancellationToken cancellationToken)
    {
        var patterns = Patterns.Of(_scope.Place, forAddresses: false);
        var request = new ListObjectsV2Request { BucketName = _scope.Place.S3!.Bucket, Prefix = _scope.Place.S3.Prefix };
        try
        {
            while (true)
            {
                var page = await _client.ListObjectsV2Async(request, cancellationToken);
                foreach (var each in page.S3Objects ?? [])
                {
                    // Stores keep empty objects as folders.
                    if (each.Key.EndsWith('/') || each.Size is null or 0 || !patterns.Take(each.Key)) continue;
                    var fault = each.Size > _bytesMax ? KnowledgeFaults.TooLarge(_bytesMax) : null;
                    if (!await found(new ListedItem(each.Key, each.ETag, fault))) return Listing.Cut;
                }

                if (page.IsTruncated is not true || page.NextContinuationToken is not { } next) return Listing.Whole;
                // A store that goes round in circles must not keep the sync for ever; the guard counts requests as well.
                if (next == request.ContinuationToken) return Listing.Cut;
                request.ContinuationToken = next;
            }
        }
        catch (Exception error) when (FaultOf(error) is { } fault)
        {
            return fault;
        }
    }

    /// <inheritdoc />
    public async Task<Result<Fetched>> ReadAsync(WantedItem item, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetObjectAsync(_scope.Place.S3!.Bucket, item.Key, cancellationToken);
            if (answer.ContentLength > _bytesMax) return KnowledgeFaults.TooLarge(_bytesMax);
            var read = await Bodies.ReadAsync(answer.ResponseStream, _bytesMax, cancellationToken);
            if (!read.TryGet(out var bytes, out var fault)) return fault;
            var type = answer.Headers.ContentType ?? "";
            return new Fetched.Content(bytes, type.Length > 200 ? "" : type, answer.ETag, null);
        }
        catch (AmazonS3Exception error) when (error.ErrorCode is "NoSuchKey")
        {
            return new Fetched.Gone();
        }
        catch (Exception error) when (FaultOf(error) is { } fault)
        {
            return fault;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        return ValueTask.CompletedTask;
    }

    private static Fault? FaultOf(Exception error) => EgressFaults.Of(error) ?? error switch
    {
        // The code is the store's word; the message may hold what was asked.
        AmazonServiceException refused => SourceFaults.S3(Shown(refused)),
        AmazonClientException => SourceFaults.S3("its answer cannot be read"),
        HttpRequestException or IOException => SourceFaults.S3("the connection broke off"),
        _ => null,
    };

    private static string Shown(AmazonServiceException error) => error.ErrorCode is { Length: > 0 and <= 60 } code
        && code.All(char.IsAsciiLetterOrDigit)
            ? code
            : $"{(int)error.StatusCode}";

    /// <summary>Gives the store's client the guard's connections in place of its own.</summary>
    private sealed class GuardedClients(EgressSession network) : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => network.CreateClient();

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => true;
    }
}
