using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Text;
using CodexOS.IntegrationTests.Knowledge;
using CodexOS.Testing;
using CodexOS.Testing.Servers;
using CodexOS.Trust.Audit;
using CodexOS.Trust.Contracts;
using Microsoft.AspNetCore.Http;
using Microsoft.EntityFrameworkCore;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Trust;

/// <summary>Copies of checkpoints in a bucket, against a small server of the S3 protocol.</summary>
public sealed class CheckpointBucketTests : IAsyncLifetime
{
    private readonly TempDirectory _files = new();
    private readonly ConcurrentDictionary<string, string> _objects = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<(string Lock, string Until, string Sum, string Condition)> _puts = new();
    private SourceSite _site = null!;
    private bool _isDown;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string[] Settings =>
    [
        $"Audit:Bucket:Endpoint={_site.Url}", "Audit:Bucket:AllowPlainHttp=true", "Audit:Bucket:Name=kept", "Audit:Bucket:Prefix=codexos",
        "Audit:Bucket:AccessKey=AKIAEXAMPLE", $"Audit:Bucket:SecretKeyFile={_files.In("key")}", "Audit:Bucket:LockFor=10.00:00:00",
        "Audit:CheckpointInterval=00:00:01",
    ];

    public async ValueTask InitializeAsync()
    {
        _site = await SourceSite.StartAsync();
        _site.Handler = AnswerAsync;
        await File.WriteAllTextAsync(_files.In("key"), "its-secret-key\n", Token);
    }

    public async ValueTask DisposeAsync()
    {
        await _site.DisposeAsync();
        _files.Dispose();
    }

    [Fact]
    public async Task Each_checkpoint_is_kept_and_locked_and_tells_of_a_log_that_was_cut_with_everything_on_the_server()
    {
        await using var world = await AuditWorld.StartAsync(null, Settings);
        await world.RecordAsync(6);
        await world.CheckpointAsync();
        await world.RecordAsync(6);
        await world.CheckpointAsync();

        var mine = _objects.Keys.Where(key => key.StartsWith($"codexos/{world.Tenant}/", StringComparison.Ordinal)).ToList();
        mine.Count.ShouldBe(2);
        (await world.VerifyAsync()).Intact.ShouldBeTrue();
        _puts.ShouldNotBeEmpty();
        _puts.ShouldAllBe(static put => put.Lock == "COMPLIANCE" && put.Condition == "*" && put.Sum.Length == 44);
        var until = DateTimeOffset.Parse(_puts.First().Until, CultureInfo.InvariantCulture);
        (until - TimeProvider.System.GetUtcNow()).TotalDays.ShouldBeInRange(9.9, 10.1);
        _site.Seen.ShouldAllBe(static one =>
            one.Authorization!.StartsWith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/", StringComparison.Ordinal)
            && !one.Authorization.Contains("its-secret-key", StringComparison.Ordinal));

        // Whoever owns the server cuts the log, its tree, its checkpoints and the copies in its folder.
        await world.UnlockAsync();
        await world.ChangeAsync(db => db.Entries.Where(row => row.LeafIndex >= 9).ExecuteDeleteAsync(Token));
        await world.RestampAsync(checkpoints: true);
        Directory.Delete(world.CheckpointFolder, recursive: true);

        (await world.VerifyAsync()).Findings.ShouldContain(static finding =>
            finding.Kind == AuditFindingKind.LogTruncated && finding.Source == "s3://kept/codexos");
    }

    [Fact]
    public async Task An_object_is_never_replaced_and_a_store_that_is_down_gets_its_copies_later()
    {
        await using var world = await AuditWorld.StartAsync(null, Settings);
        var sink = world.Get<IEnumerable<ICheckpointSink>>().OfType<CheckpointBucket>().ShouldHaveSingleItem();
        var first = new PublishedCheckpoint(world.Tenant, 7_000, "one");
        await sink.PublishAsync(first, Token);
        await sink.PublishAsync(first, Token);
        (await Should.ThrowAsync<IOException>(sink.PublishAsync(first with { Note = "two" }, Token))).Message.ShouldContain("another checkpoint");
        _objects[$"codexos/{world.Tenant}/{7_000:D20}.checkpoint"].ShouldBe("one");
        _objects.TryRemove($"codexos/{world.Tenant}/{7_000:D20}.checkpoint", out _);

        _isDown = true;
        await world.RecordAsync(3);
        await world.CheckpointAsync();
        (await world.VerifyAsync()).Findings.ShouldContain(static finding =>
            finding.Kind == AuditFindingKind.CopiesUnreadable && finding.Source == "s3://kept/codexos");

        _isDown = false;
        var size = await world.ChangeAsync(static db => db.Checkpoints.MaxAsync(static row => row.Size, Token));
        // A place that took none is left alone for a second.
        while (!_objects.ContainsKey($"codexos/{world.Tenant}/{size:D20}.checkpoint"))
        {
            await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, Token);
            await world.Get<AuditCheckpoints>().PublishAsync(Token);
        }

        (await world.VerifyAsync()).Intact.ShouldBeTrue();
    }

    [Theory]
    [InlineData("Audit:Bucket:Endpoint=http://store.example", "Audit:Bucket:Endpoint")]
    [InlineData("Audit:Bucket:SecretKeyFile=/nowhere", "SecretKeyFile")]
    [InlineData("Audit:Bucket:Name=", "Audit:Bucket:Name")]
    public async Task A_bucket_that_is_named_by_half_keeps_the_server_from_starting(string wrong, string told)
    {
        string[] settings = [.. Settings, "Audit:Bucket:AllowPlainHttp=false", "Audit:Bucket:Endpoint=https://store.example", wrong];

        var refused = await Should.ThrowAsync<Exception>(CodexServer.StartAsync(settings: settings, cancellationToken: Token));

        refused.ToString().ShouldContain(told);
    }

    private async Task<bool> AnswerAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        var key = Uri.UnescapeDataString(request.Path.Value!)["/kept".Length..].TrimStart('/');
        if (_isDown)
        {
            response.StatusCode = (int)HttpStatusCode.ServiceUnavailable;
            return true;
        }

        if (request.Method == "PUT")
        {
            using var reader = new StreamReader(request.Body, Encoding.UTF8);
            var text = await reader.ReadToEndAsync(Token);
            _puts.Enqueue((
                request.Headers["x-amz-object-lock-mode"].ToString(), request.Headers["x-amz-object-lock-retain-until-date"].ToString(),
                request.Headers["x-amz-checksum-sha256"].ToString(), request.Headers.IfNoneMatch.ToString()));
            if (!_objects.TryAdd(key, text)) response.StatusCode = (int)HttpStatusCode.PreconditionFailed;
            response.Headers.ETag = "\"e\"";
            return true;
        }

        if (key.Length > 0)
        {
            if (_objects.TryGetValue(key, out var found)) await response.WriteAsync(found, Token);
            else response.StatusCode = (int)HttpStatusCode.NotFound;
            return true;
        }

        // One object a page: so the pages are gone through, too.
        var after = request.Query["continuation-token"].ToString();
        var rest = _objects.Where(one => one.Key.StartsWith(request.Query["prefix"].ToString(), StringComparison.Ordinal)
            && string.CompareOrdinal(one.Key, after) > 0).OrderBy(static one => one.Key, StringComparer.Ordinal).ToList();
        var xml = new StringBuilder("<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Name>kept</Name>")
            .Append(CultureInfo.InvariantCulture, $"<IsTruncated>{(rest.Count > 1 ? "true" : "false")}</IsTruncated>");
        if (rest.Count > 1) xml.Append(CultureInfo.InvariantCulture, $"<NextContinuationToken>{rest[0].Key}</NextContinuationToken>");
        foreach (var (name, text) in rest.Take(1))
            xml.Append(CultureInfo.InvariantCulture, $"<Contents><Key>{name}</Key><Size>{Encoding.UTF8.GetByteCount(text)}</Size></Contents>");
        response.ContentType = "application/xml";
        await response.WriteAsync(xml.Append("</ListBucketResult>").ToString(), Token);
        return true;
    }
}
