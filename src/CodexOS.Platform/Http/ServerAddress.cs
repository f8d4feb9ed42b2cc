namespace CodexOS.Platform.Http;

/// <summary>Where people reach this server; links are made with it.</summary>
/// <param name="Url">Scheme, host and port without a slash at the end.</param>
public sealed record ServerAddress(string Url);
