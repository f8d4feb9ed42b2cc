namespace CodexOS.Client.Contracts;

/// <summary>A bundle of evidence that can be downloaded.</summary>
/// <param name="RunId">The run that made it.</param>
/// <param name="RequestedBy">Who asked for it.</param>
/// <param name="From">The beginning of the period.</param>
/// <param name="To">Its end, that instant excluded.</param>
/// <param name="CreatedAt">When it was begun.</param>
/// <param name="ExpiresAt">Until when it can be downloaded.</param>
/// <param name="SizeBytes">Its length.</param>
/// <param name="Files">How many files are in it.</param>
/// <param name="Sha256">Its SHA-256, in lowercase hexadecimal digits.</param>
public sealed record EvidenceBundle(
    string RunId, string RequestedBy, DateTimeOffset From, DateTimeOffset To, DateTimeOffset CreatedAt, DateTimeOffset ExpiresAt,
    long SizeBytes, int Files, string Sha256);

internal sealed record CreateEvidenceBody(DateTimeOffset From, DateTimeOffset To);
