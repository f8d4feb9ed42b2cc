namespace CodexOS.Knowledge.Extraction;

/// <summary>What a piece of a document is to its reader.</summary>
internal enum BlockKind
{
    Paragraph,
    Heading,
    ListItem,
    Table,
    Code,
    Quote,
}

/// <summary>What a <see cref="Place"/> counts.</summary>
internal enum PlaceKind
{
    Page,
    Slide,
    Sheet,
    Row,
    Line,
    Chapter,
    Cue,
}

/// <summary>Where in its file a block stands, as a person would look it up: page 3, slide 2, sheet "Costs".</summary>
/// <param name="Kind">What is counted.</param>
/// <param name="Number">Counted from one.</param>
/// <param name="Name">A name that the file gives it, as sheets have; of a cue of subtitles its time.</param>
internal readonly record struct Place(PlaceKind Kind, int Number, string? Name = null);

/// <summary>A piece of a document in reading order.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Text">Its text without markup; of a table a Markdown table, so that rows and columns stay.</param>
/// <param name="Level">The level of a heading, from one, or the depth of a list item, from one; else zero.</param>
/// <param name="Place">Where it stands, where the format knows places.</param>
internal sealed record Block(BlockKind Kind, string Text, int Level = 0, Place? Place = null);
