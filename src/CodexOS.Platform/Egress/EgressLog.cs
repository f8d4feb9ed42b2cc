using System.Collections.Immutable;
using System.Text.Json.Serialization;

namespace CodexOS.Platform.Egress;

/// <summary>How a request or a tunnel came out.</summary>
public enum EgressOutcome
{
    /// <summary>A rule let it through, and it was made.</summary>
    Allowed,

    /// <summary>The guard refused it.</summary>
    Denied,

    /// <summary>A rule let it through, but the host did not answer.</summary>
    Failed,
}

/// <summary>What a step did with the network, as journaled with its outcome.</summary>
/// <param name="Allowed">How many requests and tunnels were made.</param>
/// <param name="Denied">How many were refused.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="BytesSent">How many bytes were sent, TLS included.</param>
/// <param name="BytesReceived">How many bytes were received, TLS included.</param>
/// <param name="Decisions">The decisions, equal ones as one, in the order of their first.</param>
/// <param name="LeftOut">How many decisions are not in the list, because it has a limit.</param>
public sealed record EgressSummary(
    long Allowed,
    long Denied,
    long Failed,
    long BytesSent,
    long BytesReceived,
    ImmutableArray<EgressEntry> Decisions,
    long LeftOut);

/// <summary>Decisions of one kind about one host.</summary>
/// <param name="Host">The host; what was no host, as a cut and cleaned text.</param>
/// <param name="Port">The port.</param>
/// <param name="Kind"><c>tunnel</c>, or the method of a request.</param>
/// <param name="Outcome">How it came out.</param>
/// <param name="Rule">The rule that let it through, or the code of what refused it.</param>
/// <param name="Count">How often.</param>
/// <param name="BytesSent">How many bytes were sent.</param>
/// <param name="BytesReceived">How many bytes were received.</param>
public sealed record EgressEntry(
    string Host, int Port, string Kind, EgressOutcome Outcome, string Rule, long Count, long BytesSent, long BytesReceived)
{
    /// <summary>Whether a secret was added.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool WithSecret { get; init; }
}

/// <summary>Gathers the decisions of a step, at most so many different ones.</summary>
internal sealed class EgressLog(int entriesMax)
{
    private const int HostShownMax = 100;
    private readonly Lock _lock = new();
    private readonly Dictionary<(string, int, string, EgressOutcome, string), Line> _lines = [];
    private readonly List<Line> _ordered = [];
    private readonly long[] _counts = new long[3];
    private long _sent;
    private long _received;
    private long _leftOut;

    /// <summary>Whether anything was decided.</summary>
    public bool IsEmpty
    {
        get
        {
            lock (_lock) return _counts.All(static count => count == 0);
        }
    }

    /// <summary>Notes a decision; the line takes the bytes that follow. Tells whether it is the first of its kind.</summary>
    public (Line Line, bool IsFirst) Add(
        string host, int port, string kind, EgressOutcome outcome, string rule, bool withSecret = false)
    {
        lock (_lock)
        {
            _counts[(int)outcome]++;
            var line = Find(Clean(host), port, kind, outcome, rule, withSecret);
            line.Count++;
            if (!line.IsShown) _leftOut++;
            return (line, line is { IsShown: true, Count: 1 });
        }
    }

    /// <summary>The line of a kind of decision, without noting one.</summary>
    public Line LineOf(string host, int port, string kind, EgressOutcome outcome, string rule, bool withSecret)
    {
        lock (_lock) return Find(Clean(host), port, kind, outcome, rule, withSecret);
    }

    /// <summary>Notes bytes.</summary>
    public void Moved(Line line, long sent, long received)
    {
        lock (_lock)
        {
            line.Sent += sent;
            line.Received += received;
            _sent += sent;
            _received += received;
        }
    }

    /// <summary>All bytes so far.</summary>
    public long Bytes
    {
        get
        {
            lock (_lock) return _sent + _received;
        }
    }

    public EgressSummary Summary()
    {
        lock (_lock)
        {
            return new EgressSummary(
                _counts[(int)EgressOutcome.Allowed],
                _counts[(int)EgressOutcome.Denied],
                _counts[(int)EgressOutcome.Failed],
                _sent,
                _received,
                [.. _ordered.Select(static line => line.Entry())],
                _leftOut);
        }
    }

    private Line Find(string host, int port, string kind, EgressOutcome outcome, string rule, bool withSecret)
    {
        if (_lines.TryGetValue((host, port, kind, outcome, rule), out var known)) return known;
        var isShown = _ordered.Count < entriesMax;
        var line = new Line(host, port, kind, outcome, rule, withSecret) { IsShown = isShown };
        if (!isShown) return line;
        _lines.Add((host, port, kind, outcome, rule), line);
        _ordered.Add(line);
        return line;
    }

    /// <summary>What was given as a host may be anything, and people will read it.</summary>
    private static string Clean(string host)
    {
        var shown = new string([.. host.Take(HostShownMax).Select(static it => it is > ' ' and <= '~' ? it : '?')]);
        return host.Length > HostShownMax ? $"{shown}…" : shown;
    }

    /// <summary>One line; only the log changes it.</summary>
    internal sealed class Line(string host, int port, string kind, EgressOutcome outcome, string rule, bool withSecret)
    {
        public string Host => host;

        public int Port => port;

        public string Kind => kind;

        public bool IsShown { get; init; }

        public long Count { get; set; }

        public long Sent { get; set; }

        public long Received { get; set; }

        public EgressEntry Entry() => new(host, port, kind, outcome, rule, Count, Sent, Received) { WithSecret = withSecret };
    }
}
