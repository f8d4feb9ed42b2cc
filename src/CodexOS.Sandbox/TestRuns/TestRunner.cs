namespace CodexOS.Sandbox.TestRuns;

/// <summary>
/// How tests are run and reported. The script gets the folder, the filter and then the targets. What it writes to standard
/// output is what people would see; what it writes to standard error is the report.
/// </summary>
/// <param name="Name">What models call it.</param>
/// <param name="Script">For sh.</param>
/// <param name="Format">How it reports; null if that depends on what is installed.</param>
internal sealed record TestRunner(string Name, string Script, ReportFormat? Format)
{
    /// <summary>Whether the report is the output itself.</summary>
    public bool ReportsInOutput { get; init; }

    private const string Enter = "cd \"./$1\" || exit 127; filter=$2; shift 2; mkdir -p /tmp/reports\n";

    private const string Tell = "\ncode=$?; cat /tmp/reports/* >&2 2>/dev/null; exit $code";

    /// <summary>Node's own.</summary>
    public static TestRunner Node { get; } = new(
        "node",
        Enter
        + """
        { node --test ${filter:+"--test-name-pattern=$filter"} --test-reporter=spec --test-reporter-destination=stdout \
            --test-reporter=tap --test-reporter-destination=/tmp/reports/tap "$@"; } 2>&1
        """ + Tell,
        ReportFormat.Tap);

    /// <summary>Vitest, as the project has it installed.</summary>
    public static TestRunner Vitest { get; } = new(
        "vitest",
        Enter
        + """
        { ./node_modules/.bin/vitest run --reporter=default --reporter=json --outputFile=/tmp/reports/json \
            ${filter:+-t "$filter"} "$@"; } 2>&1
        """ + Tell,
        ReportFormat.JestJson);

    /// <summary>Jest, as the project has it installed.</summary>
    public static TestRunner Jest { get; } = new(
        "jest",
        Enter
        + """
        { ./node_modules/.bin/jest --ci --json --testLocationInResults --outputFile=/tmp/reports/json ${filter:+-t "$filter"} "$@"; } 2>&1
        """ + Tell,
        ReportFormat.JestJson);

    /// <summary>Pytest.</summary>
    public static TestRunner Pytest { get; } = new(
        "pytest",
        Enter
        + """
        { python3 -m pytest -p no:cacheprovider --junitxml=/tmp/reports/xml ${filter:+-k "$filter"} "$@"; } 2>&1
        """ + Tell,
        ReportFormat.JUnit);

    /// <summary>Python's own.</summary>
    public static TestRunner Unittest { get; } = new("unittest", Enter + UnittestCommand, ReportFormat.Unittest)
    {
        ReportsInOutput = true,
    };

    /// <summary>Pytest where it is installed, else Python's own.</summary>
    public static TestRunner Python { get; } = new(
        "python",
        Enter
        + "if python3 -c 'import pytest' 2>/dev/null; then\n"
        + "{ python3 -m pytest -p no:cacheprovider --junitxml=/tmp/reports/xml ${filter:+-k \"$filter\"} \"$@\"; } 2>&1\n"
        + "else\n" + UnittestCommand + "\nfi" + Tell,
        null);

    /// <summary>.NET.</summary>
    public static TestRunner DotNet { get; } = new(
        "dotnet",
        Enter
        + """
        { dotnet test --nologo --logger 'trx;LogFilePrefix=report' --results-directory /tmp/reports \
            ${filter:+--filter "$filter"} "$@"; } 2>&1
        code=$?; cat /tmp/reports/*.trx >&2 2>/dev/null; exit $code
        """,
        ReportFormat.Trx);

    /// <summary>Go.</summary>
    public static TestRunner Go { get; } = new(
        "go",
        Enter
        + """
        export GOCACHE="${GOCACHE:-/tmp/go}"
        [ $# -gt 0 ] || set -- ./...
        { go test -json ${filter:+-run "$filter"} "$@" > /tmp/reports/json; } 2>&1
        """ + Tell,
        ReportFormat.GoJson);

    /// <summary>Rust.</summary>
    public static TestRunner Cargo { get; } = new(
        "cargo",
        Enter
        + """
        { cargo test --offline --no-fail-fast "$@" ${filter:+-- "$filter"}; } 2>&1
        """,
        ReportFormat.Cargo)
    {
        ReportsInOutput = true,
    };

    /// <summary>CMake's, on what has been built in <c>build</c> or here.</summary>
    public static TestRunner CTest { get; } = new(
        "ctest",
        Enter
        + """
        [ -e CTestTestfile.cmake ] || [ ! -e build/CTestTestfile.cmake ] || cd build
        { ctest --output-on-failure --output-junit /tmp/reports/xml ${filter:+-R "$filter"} "$@"; } 2>&1
        """ + Tell,
        ReportFormat.JUnit);

    /// <summary>All that a call can name.</summary>
    public static IReadOnlyList<TestRunner> All { get; } =
        [Node, Vitest, Jest, Pytest, Unittest, DotNet, Go, Cargo, CTest];

    private const string UnittestCommand =
        """
        export PYTHONDONTWRITEBYTECODE=1
        if [ $# -eq 0 ]; then
          start=.
          for folder in tests test; do
            if [ -d "$folder" ] && [ ! -e "$folder/__init__.py" ] && ! ls test*.py > /dev/null 2>&1; then start=$folder; break; fi
          done
          set -- discover -s "$start"
        fi
        python3 -m unittest "$@" -v ${filter:+-k "$filter"} 2>&1
        """;

    /// <summary>
    /// Runs a command of the call's own, which is its only target; the filter is the file that it reports in. An old one is
    /// removed first, or it would be taken for the new one.
    /// </summary>
    public static TestRunner Own(ReportFormat? format, bool reportsInFile) => new(
        "command",
        """
        cd "./$1" || exit 127
        [ -z "$2" ] || rm -f -- "./$2"
        { sh -c "$3"; } 2>&1
        code=$?; [ -z "$2" ] || cat -- "./$2" >&2; exit $code
        """,
        format)
    {
        ReportsInOutput = !reportsInFile,
    };
}
