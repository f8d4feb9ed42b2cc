using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Options;

namespace CodexOS.Identity.SignIn;

/// <summary>
/// Slows down guessing, per account and per network address. A number of failures is free; after that each further try
/// has to wait, a second at first and twice as long each time. Tries are counted when they begin, so that a thousand
/// at once are no way around. Kept in this process's memory, with a limit.
/// </summary>
internal sealed class SignInThrottle(IOptions<IdentityOptions> options, TimeProvider clock)
{
    private readonly IdentityOptions _options = options.Value;
    private readonly Lock _gate = new();
    private readonly BoundedCache<UInt128, Tries> _tries = new(options.Value.ThrottleEntriesMax);

    /// <summary>How many accounts and addresses are remembered at this moment.</summary>
    internal int EntriesCount
    {
        get { lock (_gate) return _tries.Count; }
    }

    /// <summary>Begins a try: null lets it go on, otherwise it has to wait that long first.</summary>
    /// <param name="account">What names the account, whether or not it exists; null where only the address
    /// counts.</param>
    /// <param name="address">The network address, where known.</param>
    public TimeSpan? Begin(string? account, IPAddress? address)
    {
        var now = clock.GetUtcNow();
        lock (_gate)
        {
            var wait = TimeSpan.Zero;
            if (account is not null) wait = WaitOf(KeyOf(account), now);
            var waitOfAddress = WaitOf(KeyOf(address), now);
            if (waitOfAddress > wait) wait = waitOfAddress;
            if (wait > TimeSpan.Zero) return wait;

            if (account is not null) Count(KeyOf(account), _options.FailuresPerAccountMax, now);
            Count(KeyOf(address), _options.FailuresPerAddressMax, now);
            return null;
        }
    }

    /// <summary>How long an account has to wait at present, for a way in that cannot be guessed and does not count.</summary>
    public TimeSpan? WaitOf(string account)
    {
        lock (_gate) return WaitOf(KeyOf(account), clock.GetUtcNow()) is { } wait && wait > TimeSpan.Zero ? wait : null;
    }

    /// <summary>Whoever owns the account has shown it in another way, so it starts afresh.</summary>
    public void Forget(string account)
    {
        lock (_gate) _tries.Remove(KeyOf(account));
    }

    /// <summary>
    /// The try was a success: the account starts afresh, the address only gets this try back, since whoever owns one
    /// account must not be able to clear an address for guessing at others.
    /// </summary>
    public void Succeed(string? account, IPAddress? address)
    {
        lock (_gate)
        {
            if (account is not null) _tries.Remove(KeyOf(account));
            GiveBack(KeyOf(address));
        }
    }

    /// <summary>The try never came to a check, so it does not count.</summary>
    public void Withdraw(string? account, IPAddress? address)
    {
        lock (_gate)
        {
            if (account is not null) GiveBack(KeyOf(account));
            GiveBack(KeyOf(address));
        }
    }

    private TimeSpan WaitOf(UInt128 key, DateTimeOffset now) =>
        _tries.TryGet(key, out var tries) && tries.BlockedUntil > now ? tries.BlockedUntil - now : TimeSpan.Zero;

    private void Count(UInt128 key, int free, DateTimeOffset now)
    {
        var before = _tries.TryGet(key, out var tries) && now - tries.LastAt < _options.FailuresForgottenAfter
            ? tries.Failures
            : 0;
        var failures = before + 1;
        // Tries at once read the clock in another order than they are counted in, so "not blocked" is no moment near now.
        var blockedUntil = DateTimeOffset.MinValue;
        if (failures >= free)
        {
            var seconds = Math.Pow(2, Math.Min(failures - free, 30));
            blockedUntil = now + TimeSpan.FromSeconds(Math.Min(seconds, _options.ThrottleWaitMax.TotalSeconds));
        }

        _tries.Set(key, new Tries(failures, now, blockedUntil));
    }

    private void GiveBack(UInt128 key)
    {
        if (!_tries.TryGet(key, out var tries)) return;
        if (tries.Failures <= 1) _tries.Remove(key);
        else _tries.Set(key, tries with { Failures = tries.Failures - 1, BlockedUntil = DateTimeOffset.MinValue });
    }

    private static UInt128 KeyOf(string account) => Digest([(byte)'a', .. Encoding.UTF8.GetBytes(account)]);

    /// <summary>One IPv6 customer has a whole /64, so that is what counts as an address.</summary>
    private static UInt128 KeyOf(IPAddress? address)
    {
        if (address is null) return Digest("unknown"u8);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes().AsSpan();
        return Digest([(byte)'n', .. address.AddressFamily is AddressFamily.InterNetworkV6 ? bytes[..8] : bytes]);
    }

    /// <summary>Keys have one size, whatever a client sends as its email.</summary>
    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }

    private sealed record Tries(int Failures, DateTimeOffset LastAt, DateTimeOffset BlockedUntil);
}
