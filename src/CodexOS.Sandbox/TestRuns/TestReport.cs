namespace CodexOS.Sandbox.TestRuns;

/// <summary>How a report of tests is written.</summary>
internal enum ReportFormat
{
    /// <summary>Test Anything Protocol, versions 12 to 14.</summary>
    Tap,

    /// <summary>The XML that JUnit made common; also what pytest, ctest and many others write.</summary>
    JUnit,

    /// <summary>The XML of <c>dotnet test --logger trx</c>.</summary>
    Trx,

    /// <summary>The JSON lines of <c>go test -json</c>.</summary>
    GoJson,

    /// <summary>The JSON of jest, which vitest writes too.</summary>
    JestJson,

    /// <summary>The text of Python's unittest.</summary>
    Unittest,

    /// <summary>The text of Rust's test harness.</summary>
    Cargo,
}

/// <summary>What tests came to, as their runner reported it.</summary>
/// <param name="Format">How it was reported.</param>
/// <param name="Passed">How many passed.</param>
/// <param name="Skipped">How many were not run, or were expected to fail.</param>
/// <param name="Failures">Those that failed, in the order of the report.</param>
internal sealed record TestReport(ReportFormat Format, int Passed, int Skipped, IReadOnlyList<TestFailure> Failures)
{
    /// <summary>How many failed.</summary>
    public int Failed { get; init; } = Failures.Count;

    /// <summary>How many there were.</summary>
    public int Total => Passed + Failed + Skipped;

    /// <summary>
    /// What speaks against taking the counts as they are, for instance that tests are missing; null if nothing does.
    /// </summary>
    public string? Doubt { get; init; }

    /// <summary>What the tests wrote, where the report holds it instead of the output; null elsewhere.</summary>
    public string? Output { get; init; }
}

/// <summary>A test that failed.</summary>
/// <param name="Name">What it is called, with the groups it is in.</param>
/// <param name="File">The file that the failure is in; null if the report does not say.</param>
/// <param name="Line">The line, from 1; null if the report does not say.</param>
/// <param name="Message">What went wrong, as the report says.</param>
internal sealed record TestFailure(string Name, string? File, int? Line, string Message)
{
    /// <summary>A failure whose place is read from its text, where it is known from nothing better.</summary>
    public static TestFailure Of(string name, string message, string details, string? file = null, int? line = null)
    {
        var place = PlaceInText.Find(details);
        return new TestFailure(
            name,
            place?.File ?? PlaceInText.Relative(file),
            place?.Line ?? line,
            message.Length > 0 ? message.Trim() : details.Trim());
    }
}
