using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Trust.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Trust.Audit;

/// <summary>
/// Keeps copies of checkpoints as objects of a bucket, <c>prefix/log/size.checkpoint</c>. An object that is there is never
/// written again, and the store can lock each.
/// </summary>
internal sealed class CheckpointBucket : ICheckpointSink, IDisposable
{
    private const string Extension = ".checkpoint";
    private const int ObjectBytesMax = 64 * 1024;

    private readonly CheckpointBucketOptions _options;
    private readonly TimeProvider _clock;
    private readonly AmazonS3Client _client;

    public CheckpointBucket(IOptions<CheckpointBucketOptions> options, TimeProvider clock)
    {
        (_options, _clock) = (options.Value, clock);
        var config = S3Stores.ConfigFor(_options.Endpoint!, _options.Region);
        config.Timeout = _options.Timeout;
        _client = new AmazonS3Client(
            new BasicAWSCredentials(_options.AccessKey, File.ReadLines(_options.SecretKeyFile!).FirstOrDefault("").Trim()), config);
    }

    /// <inheritdoc />
    public string Name => $"s3://{_options.Name}/{_options.Prefix}";

    /// <inheritdoc />
    public async Task PublishAsync(PublishedCheckpoint checkpoint, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(checkpoint);
        var key = FolderOf(checkpoint.Log) + checkpoint.Size.ToString("D20", CultureInfo.InvariantCulture) + Extension;
        await AskedAsync(async () =>
        {
            // Not every store knows the condition of the request below; this it does.
            if (await ReadObjectAsync(key, cancellationToken) is { } kept)
            {
                RefuseOther(key, kept, checkpoint.Note);
                return true;
            }

            try
            {
                await _client.PutObjectAsync(RequestFor(key, checkpoint.Note), cancellationToken);
            }
            catch (AmazonS3Exception taken)
                when (taken.StatusCode is HttpStatusCode.PreconditionFailed or HttpStatusCode.Conflict)
            {
                // Another server was faster; it has to have written the same.
                var there = await ReadObjectAsync(key, cancellationToken);
                if (there is null) throw new IOException($"{key} in {Name} is being written by another.", taken);
                RefuseOther(key, there, checkpoint.Note);
            }

            return true;
        });
    }

    /// <inheritdoc />
    public async IAsyncEnumerable<PublishedCheckpoint> ReadAsync(
        TenantId log, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var request = new ListObjectsV2Request { BucketName = _options.Name, Prefix = FolderOf(log) };
        while (true)
        {
            var page = await AskedAsync(() => _client.ListObjectsV2Async(request, cancellationToken));
            foreach (var each in page.S3Objects ?? [])
            {
                var name = each.Key[request.Prefix.Length..];
                if (!name.EndsWith(Extension, StringComparison.Ordinal) || each.Size is null or > ObjectBytesMax
                    || !long.TryParse(name[..^Extension.Length], NumberStyles.None, CultureInfo.InvariantCulture, out var size))
                {
                    continue;
                }

                if (await AskedAsync(() => ReadObjectAsync(each.Key, cancellationToken)) is { } note)
                    yield return new PublishedCheckpoint(log, size, note);
            }

            if (page.IsTruncated is not true || page.NextContinuationToken is not { } next) yield break;
            if (next == request.ContinuationToken) throw new IOException($"{Name} gives the same page again and again.");
            request.ContinuationToken = next;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _client.Dispose();

    private string FolderOf(TenantId log) =>
        _options.Prefix.Length == 0 ? $"{AuditLogs.NameOf(log)}/" : $"{_options.Prefix.TrimEnd('/')}/{AuditLogs.NameOf(log)}/";

    private PutObjectRequest RequestFor(string key, string note)
    {
        var request = new PutObjectRequest
        {
            BucketName = _options.Name,
            Key = key,
            ContentBody = note,
            ContentType = "text/plain; charset=utf-8",
            IfNoneMatch = "*",
            UseChunkEncoding = false,
        };
        if (_options.LockFor > TimeSpan.Zero)
        {
            request.ObjectLockMode = ObjectLockMode.Compliance;
            request.ObjectLockRetainUntilDate = (_clock.GetUtcNow() + _options.LockFor).UtcDateTime;
            // A store takes a lock only with a sum over what it is to lock.
            request.ChecksumSHA256 = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(note)));
        }

        return request;
    }

    private async Task<string?> ReadObjectAsync(string key, CancellationToken cancellationToken)
    {
        try
        {
            using var answer = await _client.GetObjectAsync(_options.Name, key, cancellationToken);
            if (answer.ContentLength > ObjectBytesMax) throw new IOException($"{key} in {Name} is no checkpoint: it is too long.");
            using var reader = new StreamReader(answer.ResponseStream, Encoding.UTF8);
            return await reader.ReadToEndAsync(cancellationToken);
        }
        catch (AmazonS3Exception error) when (error.ErrorCode is "NoSuchKey" || error.StatusCode is HttpStatusCode.NotFound)
        {
            return null;
        }
    }

    private void RefuseOther(string key, string there, string note)
    {
        if (there != note) throw new IOException($"{key} in {Name} is another checkpoint. Run codexos audit verify.");
    }

    private async Task<T> AskedAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (AmazonServiceException refused)
        {
            throw new IOException($"{Name} refuses: {refused.ErrorCode ?? refused.StatusCode.ToString()}.", refused);
        }
        catch (Exception error) when (error is AmazonClientException or HttpRequestException or TimeoutException)
        {
            throw new IOException($"{Name} does not answer.", error);
        }
    }
}
