namespace CodexOS.Cli.Screens;

/// <summary>What a piece of text means; the screen decides how that looks.</summary>
internal enum Tone
{
    Plain,
    Dim,
    Bold,
    Good,
    Bad,
    Warn,
    Info,
}
