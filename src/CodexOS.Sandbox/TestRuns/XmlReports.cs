using System.Xml;
using System.Xml.Linq;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>
/// Reads reports in XML, several after each other where there were several projects. The XML is a stranger's: no document
/// type, nothing from elsewhere.
/// </summary>
internal static class XmlReports
{
    private static readonly XmlReaderSettings s_settings = new()
    {
        DtdProcessing = DtdProcessing.Prohibit,
        XmlResolver = null,
        CheckCharacters = false,
        MaxCharactersFromEntities = 0,
    };

    /// <summary>A report as JUnit writes it; null if the text is none.</summary>
    public static TestReport? ReadJUnit(string text)
    {
        if (Parse(text, "testsuites", "testsuite") is not { } documents) return null;
        var (passed, skipped) = (0, 0);
        var failures = new List<TestFailure>();
        foreach (var test in documents.SelectMany(static root => root.Descendants()).Where(static it => Named(it, "testcase")))
        {
            if (Child(test, "failure") is { } failed) failures.Add(JUnitFailure(test, failed));
            else if (Child(test, "error") is { } broken) failures.Add(JUnitFailure(test, broken));
            else if (Child(test, "skipped") is not null || Text(test, "status") is "disabled" or "notrun") skipped++;
            else passed++;
        }

        return new TestReport(ReportFormat.JUnit, passed, skipped, failures);
    }

    /// <summary>A report as Visual Studio's logger writes it; null if the text is none.</summary>
    public static TestReport? ReadTrx(string text)
    {
        if (Parse(text, "TestRun") is not { } documents) return null;
        var (passed, skipped) = (0, 0);
        var failures = new List<TestFailure>();
        string? doubt = null;
        foreach (var root in documents)
        {
            foreach (var result in root.Descendants().Where(static it => Named(it, "UnitTestResult")))
            {
                switch (Text(result, "outcome"))
                {
                    case "Passed" or "PassedButRunAborted" or "Warning" or "Completed":
                        passed++;
                        break;
                    case "NotExecuted" or "NotRunnable" or "Inconclusive" or "Disconnected" or "Pending" or "InProgress":
                        skipped++;
                        break;
                    default:
                        failures.Add(TrxFailure(result));
                        break;
                }
            }

            var summary = root.Elements().FirstOrDefault(static it => Named(it, "ResultSummary"));
            if (summary is not null && Text(summary, "outcome") is "Aborted" or "Timeout")
                doubt = "The run was aborted, so tests are missing.";
        }

        return new TestReport(ReportFormat.Trx, passed, skipped, failures) { Doubt = doubt };
    }

    private static TestFailure JUnitFailure(XElement test, XElement failure)
    {
        var group = Text(test, "classname");
        var name = Text(test, "name");
        // Runners that know no classes repeat the name, or the file, in their place.
        var full = group.Length == 0 || group == name || name.StartsWith(group, StringComparison.Ordinal) ? name : $"{group} > {name}";
        var details = failure.Value.Length > 0 ? failure.Value : Child(test, "system-out")?.Value ?? "";
        int? line = int.TryParse(Text(test, "line"), out var number) && number > 0 ? number : null;
        return TestFailure.Of(full, Text(failure, "message"), details, Text(test, "file") is { Length: > 0 } file ? file : null, line);
    }

    private static TestFailure TrxFailure(XElement result)
    {
        var error = result.Descendants().FirstOrDefault(static it => Named(it, "ErrorInfo"));
        var message = error is null ? null : Child(error, "Message")?.Value;
        var stack = error is null ? null : Child(error, "StackTrace")?.Value;
        return TestFailure.Of(Text(result, "testName"), message ?? Text(result, "outcome"), stack ?? "");
    }

    private static List<XElement>? Parse(string text, params string[] roots)
    {
        var documents = new List<XElement>();
        foreach (var part in Documents(text))
        {
            try
            {
                using var reader = XmlReader.Create(new StringReader(part), s_settings);
                var root = XElement.Load(reader);
                if (roots.Any(name => Named(root, name))) documents.Add(root);
            }
            catch (XmlException)
            {
                // Half a report is no report: its counts would be too small.
                return null;
            }
        }

        return documents.Count > 0 ? documents : null;
    }

    private static IEnumerable<string> Documents(string text)
    {
        const string heading = "<?xml";
        var from = text.IndexOf('<', StringComparison.Ordinal);
        while (from >= 0)
        {
            var next = text.IndexOf(heading, from + 1, StringComparison.Ordinal);
            yield return (next < 0 ? text[from..] : text[from..next]).Trim();
            from = next;
        }
    }

    private static bool Named(XElement element, string name) => element.Name.LocalName == name;

    private static XElement? Child(XElement element, string name) => element.Elements().FirstOrDefault(it => Named(it, name));

    private static string Text(XElement element, string attribute) => element.Attribute(attribute)?.Value ?? "";
}
