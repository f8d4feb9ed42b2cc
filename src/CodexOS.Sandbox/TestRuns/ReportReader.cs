using System.Diagnostics;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>Reads a report in a given format, or in whichever it is in.</summary>
internal static class ReportReader
{
    private static readonly ReportFormat[] s_byReliability =
    [
        ReportFormat.JUnit, ReportFormat.Trx, ReportFormat.GoJson, ReportFormat.JestJson, ReportFormat.Tap, ReportFormat.Cargo,
        ReportFormat.Unittest,
    ];

    /// <summary>The report; null if the text is none in that format, or in any if none is given.</summary>
    public static TestReport? Read(string text, ReportFormat? format) => format is { } given
        ? ReadAs(text, given)
        : s_byReliability.Select(each => ReadAs(text, each)).FirstOrDefault(static report => report is { Total: > 0 });

    private static TestReport? ReadAs(string text, ReportFormat format) => format switch
    {
        ReportFormat.Tap => TapReport.Read(text),
        ReportFormat.JUnit => XmlReports.ReadJUnit(text),
        ReportFormat.Trx => XmlReports.ReadTrx(text),
        ReportFormat.GoJson => JsonReports.ReadGo(text),
        ReportFormat.JestJson => JsonReports.ReadJest(text),
        ReportFormat.Unittest => TextReports.ReadUnittest(text),
        ReportFormat.Cargo => TextReports.ReadCargo(text),
        _ => throw new UnreachableException($"The report format {format} is missing."),
    };
}
