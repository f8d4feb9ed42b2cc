using System.Collections.Immutable;
using System.Text;
using CodexOS.Knowledge.Extraction;

namespace CodexOS.Knowledge.Chunking;

/// <summary>
/// Cuts a document into passages as it is read: whole sections where they fit, else whole paragraphs, else sentences.
/// </summary>
/// <remarks>
/// 1. A heading ends the passage before it, unless that one is tiny; what stands above it is kept as its path.
/// 2. A block that fits joins the passage at work; one that does not begins a new one.
/// 3. A block larger than a passage is cut where it pauses; rows of a table that go on have its header in their path.
/// The text of a passage is the document's text from its start on, so offsets resolve by construction.
/// </remarks>
internal sealed class Chunker(ChunkerOptions options)
{
    // Chapters and their sections; what is below may share a passage while it is small.
    private const int TopLevel = 2;

    /// <summary>The passages of a document, made as they are asked for.</summary>
    /// <param name="blocks">The blocks in reading order.</param>
    /// <param name="text">Takes the text of the document as it comes.</param>
    public IEnumerable<Passage> Cut(IEnumerable<Block> blocks, DocumentText text)
    {
        var target = Math.Min(options.TokensTarget, options.TokensMax);
        var path = new HeadingPath(options.HeadingLengthMax);
        var open = new OpenPassage();
        var ordinal = 0;
        foreach (var block in blocks)
        {
            var start = text.Append(block);
            var tokens = TokenEstimate.Of(block.Text);

            // 1.
            if (block.Kind is BlockKind.Heading)
            {
                var enough = block.Level <= TopLevel ? options.TokensMin : Math.Max(options.TokensMin, target / 3);
                if (open.HasWords && (open.Tokens >= enough || open.Tokens + tokens > target)) yield return open.Take(ordinal++);
                if (!open.IsEmpty && open.Tokens + tokens > options.TokensMax) yield return open.Take(ordinal++);
                if (open.IsEmpty) open.Begin(path.Above(block.Level));
                else open.StandUnder(path.Above(block.Level));
                path.Enter(block);
            }

            // 2.
            var isTooMuch = open.Tokens + tokens > target;
            if (isTooMuch && open.HasWords && (tokens <= options.TokensMax || open.Tokens * 2 > target))
                yield return open.Take(ordinal++);
            if (!open.IsEmpty && open.Tokens + (target / 3) > options.TokensMax) yield return open.Take(ordinal++);
            if (open.IsEmpty) open.Begin(block.Kind is BlockKind.Heading ? path.Above(block.Level) : path.All);
            if (open.Tokens + tokens <= options.TokensMax)
            {
                open.Add(block, start, tokens);
                continue;
            }

            // 3.
            var room = Math.Max(target - open.Tokens, target / 3);
            var header = block.Kind is BlockKind.Table ? TableHeader(block.Text) : null;
            var isFirst = true;
            var overlapMax = Math.Min(options.TokensOverlapMax, target / 4);
            foreach (var stretch in TextCutter.Cut(block.Text, block.Kind, room, target, overlapMax))
            {
                if (!isFirst)
                {
                    yield return open.Take(ordinal++);
                    open.Begin(header is null ? path.All : path.All.Add(header));
                }

                isFirst = false;
                var piece = block with { Text = block.Text.Substring(stretch.Start, stretch.Length) };
                open.Add(piece, start + stretch.Start, TokenEstimate.Of(piece.Text));
            }

            // A tiny rest of a cut block waits for the next block; a larger one is a passage.
            if (open.Tokens >= options.TokensMin) yield return open.Take(ordinal++);
        }

        if (!open.IsEmpty) yield return open.Take(ordinal);
    }

    // The names of the columns, without the signs of the table.
    private string? TableHeader(string table)
    {
        var end = table.IndexOf('\n', StringComparison.Ordinal);
        if (end < 0) return null;
        var names = table[..end].Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var header = string.Join(" | ", names);
        return header.Length == 0 ? null : BlockText.Line(header, options.HeadingLengthMax);
    }

    /// <summary>The passage at work.</summary>
    private sealed class OpenPassage
    {
        private readonly StringBuilder _text = new();
        private ImmutableArray<string> _headings = [];
        private long _start;
        private Place? _from;
        private Place? _to;

        public bool IsEmpty => _text.Length == 0;

        /// <summary>Whether there is more than headings in it.</summary>
        public bool HasWords { get; private set; }

        public int Tokens { get; private set; }

        public void Begin(ImmutableArray<string> headings)
        {
            (_headings, _from, _to, Tokens, HasWords) = (headings, null, null, 0, false);
            _text.Clear();
        }

        /// <summary>The passage reaches into another section: it stands under what both have in common.</summary>
        public void StandUnder(ImmutableArray<string> headings)
        {
            var common = 0;
            while (common < Math.Min(_headings.Length, headings.Length) && _headings[common] == headings[common]) common++;
            _headings = _headings[..common];
        }

        public void Add(Block block, long start, int tokens)
        {
            if (_text.Length == 0) _start = start;
            else _text.Append(DocumentText.Separator);
            _text.Append(block.Text);
            _from ??= block.Place;
            _to = block.Place ?? _to;
            Tokens += tokens + 1;
            HasWords |= block.Kind is not BlockKind.Heading;
        }

        public Passage Take(int ordinal)
        {
            var passage = new Passage(ordinal, _start, _text.ToString(), _headings, _from, _to);
            _text.Clear();
            (Tokens, HasWords) = (0, false);
            return passage;
        }
    }

    /// <summary>The headings that stand above the place that is read.</summary>
    private sealed class HeadingPath(int lengthMax)
    {
        private const int LevelMax = 9;

        private readonly List<(int Level, string Text)> _open = [];

        public ImmutableArray<string> All => [.. _open.Select(heading => heading.Text)];

        public ImmutableArray<string> Above(int level) =>
            [.. _open.Where(heading => heading.Level < Math.Clamp(level, 1, LevelMax)).Select(heading => heading.Text)];

        public void Enter(Block heading)
        {
            var level = Math.Clamp(heading.Level, 1, LevelMax);
            _open.RemoveAll(open => open.Level >= level);
            _open.Add((level, BlockText.Line(heading.Text, lengthMax)));
        }
    }
}
