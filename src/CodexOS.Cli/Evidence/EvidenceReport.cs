namespace CodexOS.Cli.Evidence;

/// <summary>What a check of a bundle of evidence came to.</summary>
/// <param name="Intact">Whether nothing is wrong.</param>
/// <param name="Tenant">The tenant that it is about.</param>
/// <param name="Run">The run that made it.</param>
/// <param name="From">The beginning of its period.</param>
/// <param name="To">Its end.</param>
/// <param name="Server">The version of the server that made it.</param>
/// <param name="Files">How many files were read.</param>
/// <param name="Entries">How many entries of the audit log are proved.</param>
/// <param name="Checkpoints">How many checkpoints are proved.</param>
/// <param name="NotRecorded">What the server does not record.</param>
/// <param name="Findings">What is wrong; of very many, the first.</param>
internal sealed record EvidenceReport(
    bool Intact, string? Tenant, string? Run, DateTimeOffset? From, DateTimeOffset? To, string? Server, int Files, long Entries,
    long Checkpoints, IReadOnlyList<string> NotRecorded, IReadOnlyList<EvidenceFinding> Findings);

/// <summary>Something that is wrong with a bundle.</summary>
/// <param name="Code">What kind of damage.</param>
/// <param name="File">The file that shows it.</param>
/// <param name="Message">What was found, in a sentence.</param>
internal sealed record EvidenceFinding(string Code, string File, string Message);
