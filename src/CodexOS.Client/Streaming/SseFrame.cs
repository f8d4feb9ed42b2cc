namespace CodexOS.Client.Streaming;

/// <summary>One event of an event stream.</summary>
/// <param name="Id">Its id, or null if it has none of its own.</param>
/// <param name="Event">Its type; <c>message</c> if it names none.</param>
/// <param name="Data">Its data, lines joined by line feeds.</param>
internal sealed record SseFrame(string? Id, string Event, string Data);
