using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passwords;
using CodexOS.Identity.Storage;
using CodexOS.Testing.Postgres;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>
/// Battery 46: whoever probes for accounts learns nothing, neither from the answer nor from how long it takes. What takes the
/// time is counted instead of timed, per request: the iterations that went into hashes and the statements that were run. The
/// distributions of both must be the same, which a busy machine cannot blur.
/// </summary>
public sealed class ProbingTests(PostgresCluster postgres)
{
    private const int TriesPerKind = 12;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_failed_sign_in_tells_no_kind_of_account_from_another_by_answer_or_by_work(bool onPostgres)
    {
        var (server, owner) = await IdentityServer.StartOwnedAsync(
            onPostgres ? postgres : null, "Identity:FailuresPerAccountMax=100", "Identity:FailuresPerAddressMax=10000",
            // Whoever comes after this time reads the key anew, of whatever kind the account is.
            "Vault:KeyCacheLifetime=01:00:00");
        await using var running = server;
        string[] kinds = ["known", "outgrown", "disabled", "passwordless", "suspended", "with-second-factor", "unknown"];
        foreach (var kind in kinds[..^1]) await server.JoinAsync(owner.AccessToken, $"{kind}@example.org", "viewer");
        await server.ChangeAsync(db => ArrangeAsync(db, server.Clock.GetUtcNow()));

        // The first failure of all makes the key that those of every kind are recorded with, the second takes it into memory.
        using (await server.SignInAsync("first@example.org", "not the passphrase")) { }
        using (await server.SignInAsync("second@example.org", "not the passphrase")) { }

        using var work = new WorkMeter();
        var seen = kinds.ToDictionary(kind => kind, _ => new List<(string Answer, long Iterations, string Statements)>());
        var order = Enumerable.Range(0, TriesPerKind).SelectMany(_ => kinds).ToArray();
        new Random(46).Shuffle(order);
        foreach (var kind in order)
        {
            var trace = ActivityTraceId.CreateRandom();
            using var answer = await server.PostAsync(
                "/api/v1/auth/sign-in",
                new { email = $"{kind}@example.org", password = "not the passphrase", transport = "body" },
                ("traceparent", $"00-{trace}-{ActivitySpanId.CreateRandom()}-01"));
            answer.StatusCode.ShouldBe(HttpStatusCode.Unauthorized, kind);
            var problem = (await answer.Content.ReadFromJsonAsync<Dictionary<string, JsonElement>>(Cancellation))!;
            problem.Remove("traceId");
            var (iterations, statements) = work.Of(trace);
            seen[kind].Add((JsonSerializer.Serialize(problem), iterations, statements));
        }

        var reference = seen["unknown"];
        reference.ShouldAllBe(each => each.Iterations == PasswordHash.IterationsMin);
        reference.ShouldAllBe(each => each.Statements.Length > 0);
        foreach (var kind in kinds)
        {
            seen[kind].Select(each => each.Answer).Distinct().ShouldHaveSingleItem(kind).ShouldBe(reference[0].Answer);
            seen[kind].CountBy(each => each.Iterations).ShouldBe(reference.CountBy(each => each.Iterations), kind);
            seen[kind].CountBy(each => each.Statements).ShouldBe(reference.CountBy(each => each.Statements), kind);
        }
    }

    private static async Task ArrangeAsync(IdentityDbContext db, DateTimeOffset now)
    {
        IQueryable<UserRow> Named(string kind) => db.Users.Where(user => user.EmailKey == $"{kind}@example.org");
        var old = PasswordHash.Make(IdentityServer.Password, 1_000).ToString();
        await Named("outgrown").ExecuteUpdateAsync(row => row.SetProperty(user => user.PasswordHash, old), Cancellation);
        await Named("disabled").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.State, UserState.Disabled), Cancellation);
        await Named("passwordless").ExecuteUpdateAsync(
            row => row.SetProperty(user => user.PasswordHash, (string?)null), Cancellation);
        var suspended = await Named("suspended").Select(user => user.UserId).SingleAsync(Cancellation);
        await db.Memberships.IgnoreQueryFilters().Where(row => row.UserId == suspended).ExecuteUpdateAsync(
            row => row.SetProperty(member => member.State, MemberState.Disabled), Cancellation);
        db.TotpFactors.Add(new TotpFactorRow
        {
            UserId = await Named("with-second-factor").Select(user => user.UserId).SingleAsync(Cancellation),
            SealedSeed = [1],
            CreatedAt = now,
            ConfirmedAt = now,
            LastStep = 0,
            Failures = 0,
            Revision = 0,
        });
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>Counts what requests cost, each by the trace that it was sent with: other tests run beside.</summary>
    private sealed class WorkMeter : IObserver<DiagnosticListener>, IObserver<KeyValuePair<string, object?>>, IDisposable
    {
        private readonly ConcurrentDictionary<ActivityTraceId, long> _iterations = new();
        private readonly ConcurrentDictionary<ActivityTraceId, ConcurrentQueue<string>> _statements = new();
        private readonly MeterListener _meter = new();
        private readonly List<IDisposable> _subscriptions = [];

        public WorkMeter()
        {
            _meter.InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "codexos.identity.password_hashing.iterations") listener.EnableMeasurementEvents(instrument);
            };
            _meter.SetMeasurementEventCallback<long>((_, count, _, _) =>
            {
                if (Activity.Current is { } activity) _iterations.AddOrUpdate(activity.TraceId, count, (_, sum) => sum + count);
            });
            _meter.Start();
            _subscriptions.Add(DiagnosticListener.AllListeners.Subscribe(this));
        }

        public (long Iterations, string Statements) Of(ActivityTraceId trace) => (
            _iterations.GetValueOrDefault(trace),
            string.Join('\n', _statements.TryGetValue(trace, out var statements) ? statements : []));

        public void OnNext(DiagnosticListener value)
        {
            if (value.Name == DbLoggerCategory.Name) _subscriptions.Add(value.Subscribe(this));
        }

        public void OnNext(KeyValuePair<string, object?> value)
        {
            if (value.Key == RelationalEventId.CommandExecuting.Name && value.Value is CommandEventData data
                && Activity.Current is { } activity)
            {
                var statements = _statements.GetOrAdd(activity.TraceId, static _ => new ConcurrentQueue<string>());
                statements.Enqueue(data.Command.CommandText);
            }
        }

        public void OnCompleted()
        {
        }

        public void OnError(Exception error)
        {
        }

        public void Dispose()
        {
            foreach (var subscription in _subscriptions) subscription.Dispose();
            _meter.Dispose();
        }
    }
}
