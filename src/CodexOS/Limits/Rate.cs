using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

namespace CodexOS.Limits;

/// <summary>What a request is counted against.</summary>
internal enum RateSubject
{
    /// <summary>The network address that it comes from.</summary>
    Address,

    /// <summary>The account that makes it.</summary>
    Account,

    /// <summary>The API key that it is made with.</summary>
    Key,

    /// <summary>The tenant that it is made in.</summary>
    Tenant,
}

/// <summary>
/// One limit that a request is held against, by the generic cell rate algorithm: each request takes one interval of time, and
/// whoever has taken more than the burst ahead of the clock has to wait.
/// </summary>
/// <param name="Subject">What is counted.</param>
/// <param name="Id">Which one: a digest, so that keys have one size whatever a client sends.</param>
/// <param name="IntervalUs">How many microseconds a request takes.</param>
/// <param name="BurstUs">How many microseconds may be taken ahead.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RateUse(RateSubject Subject, UInt128 Id, long IntervalUs, long BurstUs)
{
    private const double SecondUs = 1_000_000;

    public static RateUse Of(RateSubject subject, ReadOnlySpan<byte> id, int perSecond, TimeSpan burst)
    {
        var interval = Math.Max(1, (long)(SecondUs / perSecond));
        // The first request must fit in, however short the burst.
        return new RateUse(subject, Digest(id), interval, Math.Max(interval, (long)(burst.TotalSeconds * SecondUs)));
    }

    public static RateUse Of(RateSubject subject, string id, int perSecond, TimeSpan burst) =>
        Of(subject, Encoding.UTF8.GetBytes(id), perSecond, burst);

    /// <summary>One IPv6 customer has a whole /64, so that is what counts as an address.</summary>
    public static RateUse Of(IPAddress? address, int perSecond, TimeSpan burst)
    {
        if (address is null) return Of(RateSubject.Address, "unknown"u8, perSecond, burst);
        if (address.IsIPv4MappedToIPv6) address = address.MapToIPv4();
        var bytes = address.GetAddressBytes();
        return Of(
            RateSubject.Address,
            address.AddressFamily is AddressFamily.InterNetworkV6 ? bytes.AsSpan(0, 8) : bytes,
            perSecond,
            burst);
    }

    private static UInt128 Digest(ReadOnlySpan<byte> bytes)
    {
        Span<byte> hash = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, hash);
        return MemoryMarshal.Read<UInt128>(hash);
    }
}

/// <summary>Why a request is not served now.</summary>
/// <param name="Subject">Whose limit is reached.</param>
/// <param name="Wait">When the same request could be served.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct RateRefusal(RateSubject Subject, TimeSpan Wait);

/// <summary>Counts requests.</summary>
internal interface IRateCounter
{
    /// <summary>Takes a request from all limits, or from none and says which one has to be waited for longest.</summary>
    ValueTask<RateRefusal?> TakeAsync(IReadOnlyList<RateUse> uses, CancellationToken cancellationToken);
}
