using System.Text;
using System.Text.Json;

namespace CodexOS.Sandbox.TestRuns;

/// <summary>Reads reports in JSON.</summary>
internal static class JsonReports
{
    /// <summary>What jest's and vitest's JSON reporters write; null if the text is nothing of the kind.</summary>
    public static TestReport? ReadJest(string text)
    {
        var start = text.IndexOf('{', StringComparison.Ordinal);
        if (start < 0 || TryParse(text[start..]) is not { } parsed) return null;
        using var document = parsed;
        if (!Property(document.RootElement, "testResults", JsonValueKind.Array, out var files)) return null;
        var (passed, skipped) = (0, 0);
        var failures = new List<TestFailure>();
        foreach (var file in files.EnumerateArray())
        {
            var path = TextOf(file, "name");
            var failuresBefore = failures.Count;
            if (Property(file, "assertionResults", JsonValueKind.Array, out var tests))
            {
                foreach (var test in tests.EnumerateArray())
                {
                    switch (TextOf(test, "status"))
                    {
                        case "passed":
                            passed++;
                            break;
                        case "failed":
                            failures.Add(JestFailure(test, path));
                            break;
                        default:
                            skipped++;
                            break;
                    }
                }
            }

            // A file that cannot be loaded has no tests to fail.
            if (TextOf(file, "status") == "failed" && failures.Count == failuresBefore)
            {
                var shown = PlaceInText.Relative(path) ?? "";
                failures.Add(TestFailure.Of(shown, TextOf(file, "message"), TextOf(file, "message"), path));
            }
        }

        return new TestReport(ReportFormat.JestJson, passed, skipped, failures);
    }

    /// <summary>
    /// What <c>go test -json</c> writes (cmd/test2json); null if the text is nothing of the kind. A test with subtests is not
    /// counted beside them, and a package that fails without a failing test, for instance because it does not compile, is
    /// one failure.
    /// </summary>
    public static TestReport? ReadGo(string text)
    {
        var tests = new Dictionary<(string Package, string Test), GoTest>();
        var output = new StringBuilder();
        var isGo = false;
        foreach (var line in text.Split('\n'))
        {
            if (!line.StartsWith('{') || TryParse(line) is not { } parsed)
            {
                if (line.Length > 0) output.Append(line).Append('\n');
                continue;
            }

            using var document = parsed;
            var (action, package) = (TextOf(document.RootElement, "Action"), TextOf(document.RootElement, "Package"));
            if (action.Length == 0) continue;
            isGo = true;
            if (package.Length == 0) package = TextOf(document.RootElement, "ImportPath");
            var key = (package, TextOf(document.RootElement, "Test"));
            if (!tests.TryGetValue(key, out var test)) tests.Add(key, test = new GoTest());
            if (action is "pass" or "fail" or "skip" or "build-fail") test.End = action;
            if (action is not ("output" or "build-output")) continue;
            var said = TextOf(document.RootElement, "Output");
            output.Append(said);
            if (test.Output.Length < GoTest.OutputLengthMax) test.Output.Append(said);
        }

        return isGo ? Count(tests, output.ToString()) : null;
    }

    private static TestReport Count(Dictionary<(string Package, string Test), GoTest> tests, string output)
    {
        var (passed, skipped, unended) = (0, 0, 0);
        var failures = new List<TestFailure>();
        var parents = tests.Keys.Where(static key => key.Test.Contains('/', StringComparison.Ordinal))
            .Select(static key => (key.Package, key.Test[..key.Test.LastIndexOf('/')])).ToHashSet();
        var failed = tests.Where(static it => it.Value.End is "fail" or "build-fail").Select(static it => it.Key).ToList();
        foreach (var (key, test) in tests)
        {
            var isGroup = key.Test.Length == 0 || parents.Contains(key);
            if (test.End is "fail" or "build-fail")
            {
                var isTold = isGroup && failed.Exists(other => other != key && IsInside(other, key));
                if (!isTold) failures.Add(GoFailure(key, test.Output.ToString()));
            }
            else if (!isGroup)
            {
                if (test.End == "skip") skipped++;
                else if (test.End == "pass") passed++;
                else unended++;
            }
        }

        return new TestReport(ReportFormat.GoJson, passed, skipped, failures)
        {
            Output = output,
            Doubt = unended > 0 ? $"{unended} tests began and did not end." : null,
        };
    }

    private static bool IsInside((string Package, string Test) inner, (string Package, string Test) outer) =>
        inner.Package == outer.Package
        && (outer.Test.Length == 0 || inner.Test.StartsWith(outer.Test + "/", StringComparison.Ordinal));

    private static TestFailure GoFailure((string Package, string Test) key, string output)
    {
        var told = output.Split('\n').Where(static line => !line.StartsWith("=== ", StringComparison.Ordinal)
            && !line.TrimStart().StartsWith("--- FAIL", StringComparison.Ordinal));
        var message = string.Join('\n', told).Trim();
        return TestFailure.Of(key.Test.Length == 0 ? key.Package : $"{key.Package} > {key.Test}", message, message);
    }

    private static TestFailure JestFailure(JsonElement test, string path)
    {
        var messages = new StringBuilder();
        if (Property(test, "failureMessages", JsonValueKind.Array, out var given))
        {
            foreach (var message in given.EnumerateArray())
            {
                if (message.ValueKind == JsonValueKind.String) messages.Append(message.GetString()).Append('\n');
            }
        }

        int? line = Property(test, "location", JsonValueKind.Object, out var location)
            && Property(location, "line", JsonValueKind.Number, out var number) && number.TryGetInt32(out var value) ? value : null;
        var name = TextOf(test, "fullName") is { Length: > 0 } full ? full : TextOf(test, "title");
        return TestFailure.Of(name, messages.ToString(), messages.ToString(), path, line);
    }

    private static JsonDocument? TryParse(string text)
    {
        try
        {
            return JsonDocument.Parse(text);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static bool Property(JsonElement element, string name, JsonValueKind kind, out JsonElement value)
    {
        value = default;
        return element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out value) && value.ValueKind == kind;
    }

    private static string TextOf(JsonElement element, string name) =>
        Property(element, name, JsonValueKind.String, out var value) ? value.GetString()! : "";

    private sealed class GoTest
    {
        public const int OutputLengthMax = 20_000;

        public StringBuilder Output { get; } = new();

        public string End { get; set; } = "";
    }
}
