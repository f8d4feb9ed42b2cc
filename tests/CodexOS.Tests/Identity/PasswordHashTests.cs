using System.Diagnostics.Metrics;
using System.Runtime.CompilerServices;
using CodexOS.Identity;
using CodexOS.Identity.Passwords;
using Microsoft.Extensions.Options;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PasswordHashTests
{
    private const int Few = 1_000;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public void The_stored_text_names_its_algorithm_version_and_parameters()
    {
        var stored = PasswordHash.Make("kettle moss orbit", Few).ToString();
        stored.ShouldMatch(@"^\$pbkdf2-sha512\$v=1,i=1000\$[A-Za-z0-9_-]{22}\$[A-Za-z0-9_-]{43}$");
        PasswordHash.Parse(stored).ToString().ShouldBe(stored);
    }

    [Fact]
    public void A_hash_matches_its_password_and_no_other()
    {
        var hash = PasswordHash.Parse(PasswordHash.Make("kettle moss orbit", Few).ToString());
        hash.Matches("kettle moss orbit").ShouldBeTrue();
        hash.Matches("kettle moss orbiT").ShouldBeFalse();
        hash.Matches("").ShouldBeFalse();
    }

    /// <summary>
    /// PBKDF2-HMAC-SHA512 of "password" and "saltsaltsaltsalt", computed independently with Python's hashlib.
    /// </summary>
    [Fact]
    public void The_hash_is_plain_PBKDF2_with_SHA512() => PasswordHash
        .Parse("$pbkdf2-sha512$v=1,i=1000$c2FsdHNhbHRzYWx0c2FsdA$715rqIr5dXOVPpBhqqsugl037zT5bWJTWYmZtIcK8hA")
        .Matches("password").ShouldBeTrue();

    [Fact]
    public void The_same_password_hashes_differently_each_time() =>
        PasswordHash.Make("kettle moss orbit", Few).ToString()
            .ShouldNotBe(PasswordHash.Make("kettle moss orbit", Few).ToString());

    [Theory]
    [InlineData("")]
    [InlineData("plain text")]
    [InlineData("$pbkdf2-sha256$v=1,i=1000$c2FsdHNhbHRzYWx0c2FsdA$AAAA")]
    [InlineData("$pbkdf2-sha512$v=2,i=1000$c2FsdHNhbHRzYWx0c2FsdA$AAAA")]
    [InlineData("$pbkdf2-sha512$v=1,i=0$c2FsdHNhbHRzYWx0c2FsdA$AAAA")]
    [InlineData("$pbkdf2-sha512$v=1,i=-5$c2FsdHNhbHRzYWx0c2FsdA$AAAA")]
    [InlineData("$pbkdf2-sha512$v=1,i=1000$c2FsdHNhbHRzYWx0c2FsdA$AAAA")]
    [InlineData("$pbkdf2-sha512$v=1,i=1000$!$!")]
    public void A_damaged_hash_is_an_error_and_never_a_match(string stored) =>
        Should.Throw<FormatException>(() => PasswordHash.Parse(stored));

    [Fact]
    public async Task A_hash_with_fewer_iterations_is_renewed_when_its_owner_signs_in()
    {
        using var hashing = Hashing(iterations: 3_000);
        var old = PasswordHash.Make("kettle moss orbit", Few).ToString();

        var wrong = (await hashing.CheckAsync("something else", old, Cancellation)).Value;
        wrong.ShouldBe(new PasswordCheck(false, null));

        var right = (await hashing.CheckAsync("kettle moss orbit", old, Cancellation)).Value;
        right.IsRight.ShouldBeTrue();
        var renewed = PasswordHash.Parse(right.Renewed.ShouldNotBeNull());
        renewed.Iterations.ShouldBe(3_000);
        renewed.Matches("kettle moss orbit").ShouldBeTrue();
    }

    [Fact]
    public async Task Nobody_has_no_password()
    {
        using var hashing = Hashing(Few);
        (await hashing.CheckAsync("", null, Cancellation)).Value.IsRight.ShouldBeFalse();
    }

    [Fact]
    public async Task An_unknown_account_costs_the_same_work_as_a_known_one()
    {
        using var hashing = Hashing(6_000);
        var known = PasswordHash.Make("kettle moss orbit", 6_000).ToString();
        var outgrown = PasswordHash.Make("kettle moss orbit", 2_000).ToString();
        // Iterations are counted, not timed: they are the whole of the work, on any machine.
        var mine = new AsyncLocal<StrongBox<long>?>();
        using var meter = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name == "codexos.identity.password_hashing.iterations") listener.EnableMeasurementEvents(instrument);
            },
        };
        meter.SetMeasurementEventCallback<long>((_, count, _, _) =>
        {
            if (mine.Value is { } sum) sum.Value += count;
        });
        meter.Start();

        foreach (var stored in (string?[])[known, null, outgrown])
        {
            var sum = mine.Value = new StrongBox<long>();
            (await hashing.CheckAsync("something else", stored, Cancellation)).Value.IsRight.ShouldBeFalse();
            sum.Value.ShouldBe(6_000);
        }
    }

    [Fact]
    public async Task More_checks_than_may_wait_are_told_to_come_back()
    {
        using var hashing = new PasswordHashing(
            Options.Create(new IdentityOptions
            {
                PasswordIterations = 500_000,
                PasswordHashingsMax = 1,
                PasswordHashingsWaitingMax = 1,
            }),
            TimeProvider.System);
        // One is computed, one waits, and six find no place: they ask while the first is still under way.
        using var together = new Barrier(8);
        var checks = Enumerable.Range(0, 8)
            .Select(_ => Task.Factory.StartNew(
                () =>
                {
                    together.SignalAndWait(Cancellation);
                    return hashing.CheckAsync("x", null, Cancellation);
                },
                Cancellation,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap())
            .ToList();
        var results = await Task.WhenAll(checks);
        results.Count(result => result.IsOk).ShouldBeInRange(1, 7);
        foreach (var refused in results.Where(result => !result.IsOk))
        {
            refused.Fault.Code.ShouldBe("identity.throttled");
            refused.Fault.RetryAfter.ShouldNotBeNull();
        }
    }

    private static PasswordHashing Hashing(int iterations) =>
        new(Options.Create(new IdentityOptions { PasswordIterations = iterations }), TimeProvider.System);
}
