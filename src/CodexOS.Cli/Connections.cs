using System.CommandLine;
using System.CommandLine.Parsing;
using CodexOS.Cli.Screens;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli;

/// <summary>Decides which server a command talks to, as whom, and opens the client.</summary>
internal sealed class Connections(Terminal terminal) : IDisposable
{
    private const string ServerDefault = "http://127.0.0.1:7420";

    private readonly List<IDisposable> _open = [];

    /// <summary>The server of this command, once it is known.</summary>
    public Uri? ServerShown { get; private set; }

    /// <summary>What to send with instead of sockets, for tests.</summary>
    public HttpMessageHandler? Handler { get; init; }

    public FileCredentialStore Store => field ??= Own(new FileCredentialStore(
        Path.Combine(ConfigDirectory(), "codexos", "credentials.json"), terminal.Clock));

    /// <summary>The option that names the server; one instance for each verb.</summary>
    public static Option<Uri?> UrlOption() => new("--url")
    {
        Description = "The server's address (or CODEXOS_URL; else the one signed in to last)",
        HelpName = "URL",
        CustomParser = ParseUrl,
    };

    public static Uri? ParseUrl(ArgumentResult result)
    {
        var text = result.Tokens.Count == 0 ? "" : result.Tokens[^1].Value;
        if (TryParseUrl(text, out var url)) return url;
        result.AddError($"'{text}' is not an address like {ServerDefault}.");
        return null;
    }

    public Task<CodexOSClient> OpenAsync(Uri? url, CancellationToken cancellationToken) =>
        OpenAsync(url, options => options, cancellationToken);

    /// <summary>Opens a client that takes a missing server for an answer, at once.</summary>
    public Task<CodexOSClient> OpenWithoutRetriesAsync(Uri? url, CancellationToken cancellationToken) =>
        OpenAsync(url, options => options with { RetriesMax = 0 }, cancellationToken);

    private async Task<CodexOSClient> OpenAsync(
        Uri? url, Func<CodexOSClientOptions, CodexOSClientOptions> adjust, CancellationToken cancellationToken)
    {
        var server = await ServerAsync(url, cancellationToken);
        ServerShown = server;
        ICredentialStore store = terminal.Variable("CODEXOS_TOKEN") is { Length: > 0 } token
            ? Own(new MemoryCredentialStore(server, new Credentials(token.Trim())))
            : Store;
        return Own(new CodexOSClient(adjust(new CodexOSClientOptions
        {
            Server = server,
            Credentials = store,
            Clock = terminal.Clock,
            Handler = Handler,
        })));
    }

    /// <summary>The server that is meant: the option, the environment, the last sign-in, this machine.</summary>
    public async Task<Uri> ServerAsync(Uri? url, CancellationToken cancellationToken)
    {
        if (url is not null) return url;
        if (terminal.Variable("CODEXOS_URL") is { Length: > 0 } named)
        {
            return TryParseUrl(named, out var parsed)
                ? parsed
                : throw new CodexOSException(
                    "cli.bad_url",
                    FaultKind.Invalid,
                    $"CODEXOS_URL is '{named}', not an address like {ServerDefault}.");
        }

        return await Store.ReadDefaultServerAsync(cancellationToken) ?? new Uri(ServerDefault);
    }

    public void Dispose()
    {
        for (var i = _open.Count - 1; i >= 0; i--) _open[i].Dispose();
    }

    private static bool TryParseUrl(string text, out Uri url) =>
        Uri.TryCreate(text, UriKind.Absolute, out url!) && url.Scheme is "http" or "https" && url.Host.Length > 0;

    private string ConfigDirectory() => terminal.Variable("XDG_CONFIG_HOME") is { Length: > 0 } directory
        ? directory
        : Path.Combine(
            terminal.Variable("HOME") ?? Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".config");

    private T Own<T>(T disposable)
        where T : IDisposable
    {
        _open.Add(disposable);
        return disposable;
    }
}
