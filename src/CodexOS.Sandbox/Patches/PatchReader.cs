using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;

namespace CodexOS.Sandbox.Patches;

/// <summary>
/// Reads unified diffs, plain ones and those of git with its extended headings ("git diff", GIT-DIFF-FORMAT). It forgives
/// what people and models get wrong without changing the meaning: counts in a heading that do not fit, a heading without
/// numbers, empty lines that lost their space, text around the diff.
/// </summary>
internal sealed partial class PatchReader
{
    private const string Nothing = "/dev/null";
    private readonly List<string> _lines;
    private readonly int _filesMax;
    private int _at;

    private PatchReader(string patch, int filesMax)
    {
        _lines = [.. patch.Split('\n')];
        if (_lines[^1].Length == 0) _lines.RemoveAt(_lines.Count - 1);
        // Where every line has one, carriage returns came with the transport and say nothing of the files.
        if (_lines.TrueForAll(static line => line.EndsWith('\r'))) _lines = [.. _lines.Select(static line => line[..^1])];
        _filesMax = filesMax;
    }

    /// <summary>The files that a patch changes, in its order.</summary>
    public static Result<List<FilePatch>> Read(string patch, int filesMax) => new PatchReader(patch, filesMax).ReadAll();

    private Result<List<FilePatch>> ReadAll()
    {
        var files = new List<FilePatch>();
        while (_at < _lines.Count)
        {
            Result<FilePatch> read;
            if (Here.StartsWith("diff --git ", StringComparison.Ordinal)) read = ReadGitFile();
            else if (IsFileHeading) read = ReadPlainFile();
            else if (Here.StartsWith("@@ ", StringComparison.Ordinal) || Here.Trim() == "@@")
                return Bad("a hunk without a file; put '--- a/path' and '+++ b/path' before it");
            else
            {
                _at++;
                continue;
            }

            if (!read.TryGet(out var file, out var fault)) return fault;
            files.Add(file);
            if (files.Count > _filesMax)
                return PatchFaults.TooMany(_filesMax);
        }

        return files.Count > 0
            ? files
            : PatchFaults.Bad(1, "no file; each begins with '--- a/path' and '+++ b/path', then hunks that begin with '@@'");
    }

    private string Here => _at < _lines.Count ? _lines[_at].TrimEnd('\r') : "";

    private bool IsFileHeading => IsHeadingAt(_at);

    private bool IsHeadingAt(int at) => at + 1 < _lines.Count
        && _lines[at].StartsWith("--- ", StringComparison.Ordinal)
        && _lines[at + 1].StartsWith("+++ ", StringComparison.Ordinal);

    private Fault Bad(string what) => PatchFaults.Bad(_at + 1, what);

    private Result<FilePatch> ReadPlainFile()
    {
        var (old, now) = ReadNames();
        if (old is null && now is null) return Bad("a file that is neither there before nor after");
        if (old is not null && now is not null && old != now)
        {
            return Bad($"two names for one file, '{old}' and '{now}'; to rename it, write 'diff --git a/{old} b/{now}', "
                + $"'rename from {old}' and 'rename to {now}'");
        }

        if (!ReadHunks().TryGet(out var hunks, out var fault)) return fault;
        return hunks.Count > 0 ? new FilePatch(old, now, hunks) : Bad($"no hunk for '{now ?? old}'");
    }

    private Result<FilePatch> ReadGitFile()
    {
        var heading = Here["diff --git ".Length..];
        _at++;
        string? from = null, to = null;
        bool isNew = false, isGone = false, isCopy = false;
        bool? isExecutable = null;
        for (; _at < _lines.Count && !IsFileHeading; _at++)
        {
            var line = Here;
            if (line.StartsWith("rename from ", StringComparison.Ordinal)) from = Unquote(line[12..]);
            else if (line.StartsWith("rename to ", StringComparison.Ordinal)) to = Unquote(line[10..]);
            else if (line.StartsWith("copy from ", StringComparison.Ordinal)) (from, isCopy) = (Unquote(line[10..]), true);
            else if (line.StartsWith("copy to ", StringComparison.Ordinal)) to = Unquote(line[8..]);
            else if (line.StartsWith("new file mode ", StringComparison.Ordinal))
                (isNew, isExecutable) = (true, IsExecutable(line));
            else if (line.StartsWith("deleted file mode ", StringComparison.Ordinal)) isGone = true;
            else if (line.StartsWith("new mode ", StringComparison.Ordinal)) isExecutable = IsExecutable(line);
            else if (line.StartsWith("GIT binary patch", StringComparison.Ordinal)
                || line.StartsWith("Binary files ", StringComparison.Ordinal))
                return Bad("a binary file; only text can be patched, use the shell for others");
            else if (!IsMinor(line)) break;
            if (IsLinkMode(line)) return Bad("a symbolic link or a submodule; only regular files can be patched");
        }

        List<Hunk> hunks = [];
        var (old, now) = from is not null && to is not null ? (from, to) : NamesOf(heading);
        if (IsFileHeading)
        {
            var (oldHere, nowHere) = ReadNames();
            if (from is null) (old, now) = (oldHere, nowHere);
            if (!ReadHunks().TryGet(out var read, out var fault)) return fault;
            hunks = read;
        }

        if (isNew) old = null;
        if (isGone) now = null;
        if (old is null && now is null) return Bad($"no name in 'diff --git {heading}'");
        if (from is null && old is not null && now is not null && old != now)
            return Bad($"'{old}' becomes '{now}' without 'rename from' and 'rename to'");
        if (hunks.Count == 0 && from is null && !isNew && !isGone && isExecutable is null)
            return Bad($"no change to '{now ?? old}'");
        return new FilePatch(old, now, hunks) { IsCopy = isCopy, IsExecutable = isExecutable };
    }

    /// <summary>Reads the two lines that name the file.</summary>
    private (string? Old, string? Now) ReadNames()
    {
        var old = NameIn(Here[4..]);
        _at++;
        var now = NameIn(Here[4..]);
        _at++;
        return WithoutPrefixes(old, now);
    }

    /// <summary>A prefix is one only if both names have theirs: a folder may be called a or b.</summary>
    private static (string? Old, string? Now) WithoutPrefixes(string old, string now)
    {
        var strip = (old == Nothing || old.StartsWith("a/", StringComparison.Ordinal))
            && (now == Nothing || now.StartsWith("b/", StringComparison.Ordinal));
        return (Plain(old), Plain(now));

        string? Plain(string name) => name == Nothing ? null : strip ? name[2..] : name;
    }

    /// <summary>A heading's name ends at a tab, after which older programs write the time.</summary>
    private static string NameIn(string text)
    {
        if (text.StartsWith('"')) return Unquote(text[..(text.LastIndexOf('"') + 1)]);
        var end = text.IndexOf('\t', StringComparison.Ordinal);
        return (end < 0 ? text : text[..end]).TrimEnd(' ');
    }

    /// <summary>The names of <c>a/x b/x</c>, which are the same where this line is all there is.</summary>
    private static (string? Old, string? Now) NamesOf(string heading)
    {
        if (heading.StartsWith('"'))
        {
            var end = heading.IndexOf("\" ", StringComparison.Ordinal);
            return end < 0 ? (null, null) : WithoutPrefixes(Unquote(heading[..(end + 1)]), Unquote(heading[(end + 2)..]));
        }

        for (var at = heading.IndexOf(' ', StringComparison.Ordinal); at > 0; at = heading.IndexOf(' ', at + 1))
        {
            var (old, now) = WithoutPrefixes(heading[..at], heading[(at + 1)..]);
            if (old == now) return (old, now);
        }

        return (null, null);
    }

    private static bool IsMinor(string line) => line.Length == 0
        || line.StartsWith("index ", StringComparison.Ordinal)
        || line.StartsWith("old mode ", StringComparison.Ordinal)
        || line.StartsWith("similarity index ", StringComparison.Ordinal)
        || line.StartsWith("dissimilarity index ", StringComparison.Ordinal);

    private static bool IsExecutable(string line) => line.EndsWith("755", StringComparison.Ordinal);

    private static bool IsLinkMode(string line) => line.Contains(" mode 12", StringComparison.Ordinal)
        || line.Contains(" mode 16", StringComparison.Ordinal);

    private Result<List<Hunk>> ReadHunks()
    {
        var hunks = new List<Hunk>();
        while (_at < _lines.Count && Here.StartsWith("@@", StringComparison.Ordinal))
        {
            if (!ReadHunk().TryGet(out var hunk, out var fault)) return fault;
            hunks.Add(hunk);
        }

        return hunks;
    }

    private Result<Hunk> ReadHunk()
    {
        var headingAt = _at;
        var match = HunkHeading().Match(Here);
        int? start = null;
        var (oldCount, nowCount) = (-1, -1);
        if (match.Success)
        {
            start = int.Parse(match.Groups["start"].ValueSpan);
            oldCount = CountOf(match.Groups["old"]);
            nowCount = CountOf(match.Groups["new"]);
        }
        else if (Here.StartsWith("@@ -", StringComparison.Ordinal))
        {
            return Bad("a hunk whose heading is not '@@ -start,count +start,count @@'");
        }

        _at++;
        var end = oldCount < 0 ? -1 : EndByCounts(oldCount, nowCount);
        if (end < 0) end = EndByContent();
        var lines = new List<HunkLine>();
        for (; _at < end; _at++)
        {
            var line = _lines[_at];
            if (line.StartsWith('\\'))
            {
                if (lines.Count == 0) return Bad("'\\ No newline at end of file' without a line before it");
                // Without a line feed behind it, a carriage return is a character of the line.
                var last = lines[^1];
                var whole = last.HasReturn ? last.Text + '\r' : last.Text;
                lines[^1] = last with { Text = whole, HasReturn = false, IsUnended = true };
            }
            else
            {
                var hasReturn = line.EndsWith('\r');
                var text = hasReturn ? line[..^1] : line;
                lines.Add(text.Length == 0
                    ? new HunkLine(' ', "", hasReturn, false)
                    : new HunkLine(text[0], text[1..], hasReturn, false));
            }
        }

        if (lines.Count == 0 || lines.All(static line => line.Sign == ' '))
            return PatchFaults.Bad(headingAt + 1, "a hunk that changes nothing");
        return new Hunk(start, lines, headingAt + 1);
    }

    private static int CountOf(Group group) => group.Success ? int.Parse(group.ValueSpan) : 1;

    /// <summary>Where the hunk ends if its heading counts right; -1 if it does not.</summary>
    private int EndByCounts(int old, int now)
    {
        var at = _at;
        while (old > 0 || now > 0)
        {
            if (at >= _lines.Count) return -1;
            switch (SignAt(at))
            {
                case ' ':
                    old--;
                    now--;
                    break;
                case '-':
                    old--;
                    break;
                case '+':
                    now--;
                    break;
                case '\\':
                    break;
                default:
                    return -1;
            }

            at++;
        }

        if (old < 0 || now < 0) return -1;
        if (at < _lines.Count && SignAt(at) == '\\') at++;
        // What looks like more of the hunk is more of it, unless it is the next file or a mail's signature.
        var goesOn = at < _lines.Count && _lines[at].Length > 0 && SignAt(at) is ' ' or '+' or '-'
            && !IsHeadingAt(at) && _lines[at].TrimEnd() != "--";
        return goesOn && _lines[at].Trim().Length > 0 ? -1 : at;
    }

    /// <summary>Where the hunk ends by what its lines look like.</summary>
    private int EndByContent()
    {
        var at = _at;
        while (at < _lines.Count && SignAt(at) != '?' && !IsHeadingAt(at)) at++;
        while (at > _at && _lines[at - 1].TrimEnd('\r').Length == 0) at--;
        return at;
    }

    private char SignAt(int at)
    {
        var line = _lines[at];
        if (line.Length == 0 || line == "\r") return ' ';
        return line[0] is ' ' or '+' or '-' or '\\' ? line[0] : '?';
    }

    /// <summary>Undoes git's quoting of names: a C string, with bytes as three octal digits.</summary>
    private static string Unquote(string text)
    {
        if (text is not ['"', .., '"']) return text;
        var bytes = new List<byte>();
        for (var at = 1; at < text.Length - 1; at++)
        {
            if (text[at] != '\\' || at + 1 >= text.Length - 1)
            {
                var length = char.IsHighSurrogate(text[at]) && char.IsLowSurrogate(text[at + 1]) ? 2 : 1;
                bytes.AddRange(Encoding.UTF8.GetBytes(text.Substring(at, length)));
                at += length - 1;
                continue;
            }

            at++;
            if (text[at] is >= '0' and <= '3' && at + 2 < text.Length - 1 && IsOctal(text[at + 1]) && IsOctal(text[at + 2]))
            {
                bytes.Add((byte)(((text[at] - '0') << 6) | ((text[at + 1] - '0') << 3) | (text[at + 2] - '0')));
                at += 2;
            }
            else
            {
                bytes.Add((byte)(text[at] switch { 'n' => '\n', 't' => '\t', 'r' => '\r', var other => other }));
            }
        }

        return Encoding.UTF8.GetString([.. bytes]);
    }

    private static bool IsOctal(char digit) => digit is >= '0' and <= '7';

    [GeneratedRegex(
        @"^@@ -(?<start>[0-9]{1,9})(,(?<old>[0-9]{1,9}))? \+[0-9]{1,9}(,(?<new>[0-9]{1,9}))? @@",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HunkHeading();
}
