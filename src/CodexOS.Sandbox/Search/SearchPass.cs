using System.Text;
using System.Text.RegularExpressions;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Win32.SafeHandles;

namespace CodexOS.Sandbox.Search;

/// <summary>
/// One walk over the workspace's files, in one order, with one buffer: memory does not grow with the tree. Folders come
/// before files, both by name; a cursor is a place in this order.
/// </summary>
internal sealed class SearchPass(
    Folder files, SearchQuery query, SandboxOptions options, TimeProvider clock, CancellationToken cancellationToken)
{
    private const int BinaryProbeBytes = 8_000;
    private const int TextLengthMax = 45_000;

    /// <summary>Left out wherever they are, unless everything is wanted: they hold what others wrote.</summary>
    private static readonly string[] s_packages = ["node_modules", "__pycache__"];

    private readonly long _began = clock.GetTimestamp();
    private readonly string[] _resume = query.From?.Path.Split('/') ?? [];
    private byte[] _bytes = [];
    private char[] _text = [];
    private int _resultsCount;
    private int _textLength;

    /// <summary>What was found.</summary>
    public List<FileMatches> Found { get; } = [];

    /// <summary>Where to go on; null if everything was searched.</summary>
    public SearchCursor? Next { get; private set; }

    /// <summary>Whether it ended because its time was up.</summary>
    public bool IsTimeUp { get; private set; }

    /// <summary>How many files were searched.</summary>
    public int FilesSearched { get; private set; }

    /// <summary>How many files were passed over because they are binary.</summary>
    public int FilesBinary { get; private set; }

    /// <summary>How many files were passed over because they are too large, or could not be matched in time.</summary>
    public int FilesTooLarge { get; private set; }

    /// <summary>Searches below a folder.</summary>
    /// <param name="root">The folder, open.</param>
    public void Search(Folder root)
    {
        var place = query.Path.Value.Length == 0 ? "" : query.Path.Value + "/";
        Visit(root, place, OuterRules(), IsIncludedAbove(), options.WorkspaceDepthMax + 1, ResumeAt(place));
    }

    /// <summary>Searches the one file that the query names.</summary>
    public void SearchFile(SafeFileHandle file, long sizeBytes) =>
        SearchOpen(file, sizeBytes, query.Path.Value, query.From?.Path == query.Path.Value ? query.From : null);

    /// <summary>The rules of the folders above the one that is searched, which hold for what is in it.</summary>
    private IgnoreRules? OuterRules()
    {
        IgnoreRules? rules = null;
        if (query.WithIgnored) return null;
        var names = query.Path.Value.Split('/', StringSplitOptions.RemoveEmptyEntries);
        for (var depth = 0; depth < names.Length; depth++)
        {
            var path = string.Join('/', names.Take(depth));
            if (files.EnterBeneath(path).Folder is not { } folder) continue;
            using (folder) rules = IgnoreRules.In(rules, folder, path.Length == 0 ? "" : path + "/");
        }

        return rules;
    }

    private bool IsIncludedAbove()
    {
        var names = query.Path.Value.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return names.Index().Any(it => query.Files.Includes(string.Join('/', names.Take(it.Index + 1)), it.Item, isFolder: true));
    }

    /// <summary>At which of its names the cursor goes on in a folder; -1 if it does not lie in it.</summary>
    private int ResumeAt(string place)
    {
        if (_resume.Length == 0) return -1;
        var names = place.Split('/', StringSplitOptions.RemoveEmptyEntries);
        return names.Length < _resume.Length && _resume.AsSpan().StartsWith(names) ? names.Length : -1;
    }

    /// <summary>Searches a folder; false if the search is over.</summary>
    private bool Visit(Folder folder, string place, IgnoreRules? rules, bool isIncluded, int depthLeft, int resumeAt)
    {
        if (!query.WithIgnored) rules = IgnoreRules.In(rules, folder, place);
        foreach (var item in ItemsOf(folder))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var order = resumeAt < 0 ? 1 : OrderAgainstCursor(item, resumeAt);
            if (order < 0) continue;
            var path = place + item.Name;
            if (IsLeftOut(path, item, rules)) continue;
            if (item.IsFolder)
            {
                if (depthLeft == 0 || folder.Enter(item.Raw).Folder is not { } inner) continue;
                using (inner)
                {
                    var included = isIncluded || query.Files.Includes(path, item.Name, isFolder: true);
                    if (!Visit(inner, path + "/", rules, included, depthLeft - 1, order == 0 ? resumeAt + 1 : -1)) return false;
                }

                continue;
            }

            if (query.Files.HasInclude && !isIncluded && !query.Files.Includes(path, item.Name, isFolder: false)) continue;
            if (!query.Files.IsWantedType(item.Name)) continue;
            if (clock.GetElapsedTime(_began) > options.SearchTimeMax)
            {
                IsTimeUp = true;
                Next = new SearchCursor(path, 0, 0);
                return false;
            }

            var (handle, _) = folder.OpenForReading(item.Raw);
            if (handle is null) continue;
            using (handle)
            {
                var facts = Folder.FactsOf(handle);
                if (facts.IsFile && !SearchOpen(handle, facts.SizeBytes, path, order == 0 ? query.From : null)) return false;
            }
        }

        return true;
    }

    private bool IsLeftOut(string path, in Item item, IgnoreRules? rules)
    {
        if (WorkspacePath.IsGitsOwnName(item.Name)) return true;
        if (!query.WithHidden && item.Name.StartsWith('.')) return true;
        if (!query.WithIgnored && item.IsFolder && s_packages.Contains(item.Name)) return true;
        return query.Files.Excludes(path, item.Name, item.IsFolder)
            || (rules is not null && rules.Ignores(path, item.Name, item.IsFolder));
    }

    /// <summary>Negative for what comes before the cursor, 0 for what it is at or in, positive for what comes after.</summary>
    private int OrderAgainstCursor(in Item item, int resumeAt)
    {
        var isCursorInFolder = resumeAt < _resume.Length - 1;
        if (item.IsFolder != isCursorInFolder) return item.IsFolder ? -1 : 1;
        return string.CompareOrdinal(item.Name, _resume[resumeAt]);
    }

    private static List<Item> ItemsOf(Folder folder)
    {
        var items = new List<Item>();
        foreach (var entry in folder.Entries())
        {
            if (folder.FactsOf(entry.Name) is not { } facts || !(facts.IsFile || facts.IsFolder)) continue;
            items.Add(new Item(entry.Name, entry.ToString(), facts.IsFolder));
        }

        items.Sort(static (one, other) => one.IsFolder == other.IsFolder
            ? string.CompareOrdinal(one.Name, other.Name)
            : one.IsFolder ? -1 : 1);
        return items;
    }

    /// <summary>Searches an open file; false if the search is over.</summary>
    private bool SearchOpen(SafeFileHandle file, long sizeBytes, string path, SearchCursor? from)
    {
        if (sizeBytes > options.SearchFileBytesMax)
        {
            FilesTooLarge++;
            return true;
        }

        var content = ReadAll(file, (int)sizeBytes);
        if (content[..Math.Min(content.Length, BinaryProbeBytes)].Contains((byte)0))
        {
            FilesBinary++;
            return true;
        }

        FilesSearched++;
        if (!query.Pattern.CanBeIn(content)) return true;
        if (_text.Length < content.Length) _text = new char[Math.Max(content.Length, 64 << 10)];
        // What is not UTF-8 is shown with replacement characters, and never makes the text longer than its bytes.
        var text = _text.AsSpan(0, Encoding.UTF8.GetChars(content, _text));
        if (text.Length > 0 && text[0] == '\uFEFF') text = text[1..];
        try
        {
            if (query.Pattern.CanSkipFiles && !query.Pattern.Regex.IsMatch(text)) return true;
            return SearchText(text, path, from);
        }
        catch (RegexMatchTimeoutException)
        {
            FilesTooLarge++;
            return true;
        }
    }

    private ReadOnlySpan<byte> ReadAll(SafeFileHandle file, int sizeBytes)
    {
        if (_bytes.Length < sizeBytes) _bytes = new byte[Math.Max(sizeBytes, 64 << 10)];
        var length = 0;
        while (length < sizeBytes)
        {
            var count = RandomAccess.Read(file, _bytes.AsSpan(length, sizeBytes - length), length);
            if (count == 0) break;
            length += count;
        }

        return _bytes.AsSpan(0, length);
    }

    private bool SearchText(ReadOnlySpan<char> text, string path, SearchCursor? from)
    {
        var collector = new MatchCollector(query, path);
        var (number, count) = (0, from?.Matches ?? 0);
        foreach (var range in text.Split('\n'))
        {
            // What follows the last line feed is a line only if there is something.
            if (range.Start.Value == text.Length) break;
            number++;
            var line = text[range];
            if (line is [.., '\r']) line = line[..^1];
            var isWanted = number > (from?.Line ?? 0) && count < query.MatchesPerFileMax;
            if (!isWanted || !query.Pattern.Regex.IsMatch(line))
            {
                if (!collector.AddOther(number, line)) break;
                continue;
            }

            if (_resultsCount == query.ResultsMax || _textLength + collector.TextLength > TextLengthMax)
            {
                Next = new SearchCursor(path, collector.LastLine ?? from?.Line ?? 0, count);
                break;
            }

            count++;
            collector.AddMatch(number, line, query.Pattern.Regex);
            if (query.FirstOnly) break;
            if (!query.CountOnly) _resultsCount++;
            if (count == query.MatchesPerFileMax) collector.End();
        }

        if (collector.Matches is { } matches)
        {
            if (query.CountOnly || query.FirstOnly) _resultsCount++;
            _textLength += path.Length + collector.TextLength;
            Found.Add(matches);
        }

        return Next is null;
    }

    private readonly record struct Item(byte[] Raw, string Name, bool IsFolder);
}
