using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Extraction;

/// <summary>
/// A reader met an expected failure. Blocks are read lazily, so that a reader has no other way to say it; the door,
/// <see cref="DocumentExtractor"/>, makes it a value again, and no other class sees it.
/// </summary>
internal sealed class DocumentException(Fault fault) : FaultException(fault);

/// <summary>The failures of reading a document, each with what to do next.</summary>
internal static class ExtractionFaults
{
    public static Fault Unsupported(string looksLike) => new(
        "knowledge.unsupported_format", FaultKind.Invalid,
        $"The file looks like {looksLike}, which CodexOS does not read. Save it in a supported format, for instance PDF, "
            + "Word (docx), HTML, Markdown or text.");

    public static Fault Empty() => new(
        "knowledge.empty_document", FaultKind.Invalid, "The file holds nothing. Check that it was written to its end.");

    public static Fault Encrypted(string what) => new(
        "knowledge.encrypted_document", FaultKind.Invalid,
        $"{what} is protected by a password. Save a copy without one and add that.");

    public static Fault Damaged(string expected) => new(
        "knowledge.damaged_document", FaultKind.Invalid,
        $"The file is damaged or cut short: {expected}. Add an undamaged copy.");

    public static Fault TooLarge(string limit) => new(
        "knowledge.document_too_large", FaultKind.TooLarge,
        $"The file has more than {limit}. Split it, or ask the operator for a higher limit.");

    public static Fault NoText(string why) => new("knowledge.no_text", FaultKind.Invalid, why);

    public static Fault TooSlow(TimeSpan timeMax) => new(
        "knowledge.document_time_limit", FaultKind.Timeout,
        $"The file could not be read within {timeMax.TotalSeconds:0.#} seconds. Split it, or ask the operator for more time.");
}
