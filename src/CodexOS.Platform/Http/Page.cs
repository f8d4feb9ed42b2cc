using System.Buffers.Text;
using System.Globalization;
using System.Text;
using CodexOS.Platform.Faults;

namespace CodexOS.Platform.Http;

/// <summary>One page of a list.</summary>
/// <param name="Items">The items, in the list's order.</param>
/// <param name="NextCursor">Pass this to get the next page; null on the last one.</param>
public sealed record Page<T>(IReadOnlyList<T> Items, string? NextCursor);

/// <summary>What the caller asks of a list, checked.</summary>
/// <param name="Limit">How many items at most, 1 to 100.</param>
/// <param name="After">The key after which to go on, or null for the first page.</param>
public sealed record PageRequest(int Limit, string? After)
{
    private const int LimitDefault = 25;
    private const int LimitMax = 100;
    private const int CursorLengthMax = 512;

    /// <summary>What a list says of a cursor that is none of its own.</summary>
    public static Fault BadCursor { get; } = new(
        "platform.bad_cursor", FaultKind.Invalid, "cursor must be the nextCursor of an earlier page, unchanged.");

    /// <summary>Checks <c>limit</c> and <c>cursor</c> as they came in the query.</summary>
    public static Result<PageRequest> Read(int? limit, string? cursor)
    {
        if (limit is < 1 or > LimitMax)
            return new Fault("platform.bad_limit", FaultKind.Invalid, $"limit must be between 1 and {LimitMax}.");
        if (cursor is null) return new PageRequest(limit ?? LimitDefault, null);
        if (cursor.Length > CursorLengthMax || !Base64Url.IsValid(cursor)) return BadCursor;
        var after = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(cursor));
        return after.Any(char.IsControl) ? BadCursor : new PageRequest(limit ?? LimitDefault, after);
    }

    /// <summary>The key after which to go on, as the list has it; null for the first page.</summary>
    /// <typeparam name="TKey">What the list goes by.</typeparam>
    public Result<TKey?> KeyAfter<TKey>()
        where TKey : struct, IParsable<TKey>
    {
        if (After is null) return new TKey?();
        return TKey.TryParse(After, CultureInfo.InvariantCulture, out var key) ? new TKey?(key) : BadCursor;
    }

    /// <summary>Makes a page from up to <see cref="Limit"/> + 1 items: the extra one tells whether there are more.</summary>
    public Page<T> PageOf<T>(IReadOnlyList<T> itemsAndOneMore, Func<T, string> keyOf)
    {
        ArgumentNullException.ThrowIfNull(itemsAndOneMore);
        ArgumentNullException.ThrowIfNull(keyOf);
        if (itemsAndOneMore.Count <= Limit) return new Page<T>(itemsAndOneMore, null);
        var items = itemsAndOneMore.Take(Limit).ToList();
        return new Page<T>(items, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(keyOf(items[^1]))));
    }
}
