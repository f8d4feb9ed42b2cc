using Microsoft.Playwright;

namespace CodexOS.Testing;

/// <summary>A headless Chromium with an empty profile, and everything its pages complained about.</summary>
public sealed class Browser : IAsyncDisposable
{
    private static readonly string[] s_flags =
    [
        "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
        "--disable-component-update", "--disable-sync",
    ];

    private readonly IPlaywright _playwright;
    private readonly IBrowser _browser;

    private Browser(IPlaywright playwright, IBrowser browser) => (_playwright, _browser) = (playwright, browser);

    /// <summary>Script errors, failed content security checks and other errors that pages logged.</summary>
    public List<string> Complaints { get; } = [];

    /// <summary>Starts it.</summary>
    public static async Task<Browser> StartAsync()
    {
        var playwright = await Playwright.CreateAsync();
        // Generous, because a busy machine is no failure; what is waited for is there at once on a quiet one.
        Assertions.SetDefaultExpectTimeout(60_000);
        return new Browser(playwright, await playwright.Chromium.LaunchAsync(new BrowserTypeLaunchOptions
        {
            ExecutablePath = Environment.GetEnvironmentVariable("CODEXOS_CHROMIUM") ?? "/usr/bin/chromium",
            Args = s_flags,
        }));
    }

    /// <summary>Opens a page in a window of this size, with cookies of its own.</summary>
    public async Task<IPage> OpenAsync(int width = 1280, int height = 860, ColorScheme colors = ColorScheme.Dark)
    {
        var context = await _browser.NewContextAsync(new BrowserNewContextOptions
        {
            ViewportSize = new ViewportSize { Width = width, Height = height },
            ColorScheme = colors,
            ReducedMotion = ReducedMotion.Reduce,
        });
        context.SetDefaultTimeout(60_000);
        var page = await context.NewPageAsync();
        page.PageError += (_, error) => Complain(error);
        page.Console += (_, message) =>
        {
            // A server that is down is what some tests are about; the browser logs it as an error of its own.
            if (message.Type is "error" && !message.Text.Contains("ERR_", StringComparison.Ordinal)
                && !message.Text.Contains("status of 401", StringComparison.Ordinal))
            {
                Complain(message.Text);
            }
        };
        return page;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await _browser.DisposeAsync();
        _playwright.Dispose();
    }

    private void Complain(string what)
    {
        lock (Complaints) Complaints.Add(what);
    }
}
