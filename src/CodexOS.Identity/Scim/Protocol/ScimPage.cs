namespace CodexOS.Identity.Scim.Protocol;

/// <summary>Which part of a list is asked for (RFC 7644, section 3.4.2.4).</summary>
/// <param name="StartIndex">The place of the first one, from 1.</param>
/// <param name="Count">How many at most; none asks only how many there are.</param>
internal sealed record ScimPage(int StartIndex, int Count)
{
    /// <summary>What the RFC makes of what was asked for: less than the least is the least, and so with the most.</summary>
    public static ScimPage Read(int? startIndex, int? count, int countMax) =>
        new(Math.Max(1, startIndex ?? 1), Math.Clamp(count ?? countMax, 0, countMax));

    public ScimList<T> Of<T>(IReadOnlyList<T> found, int totalCount) =>
        new([ScimSchemas.List], totalCount, StartIndex, found.Count, found);
}
