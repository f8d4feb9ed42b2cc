using System.Text.Json;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Tenancy;
using CodexOS.Runs.Contracts;
using CodexOS.Runs.Scheduling;
using CodexOS.Testing.Servers;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;

namespace CodexOS.Testing.Runs;

/// <summary>
/// A server with the list program and ledger handlers, and a tenant of its own, that can be stopped and started
/// anew.
/// </summary>
public sealed class EngineHarness : IAsyncDisposable
{
    private readonly TempDirectory _data = new();
    private readonly string? _postgres;
    private string[] _settings;
    private CodexServer _server = null!;
    private HttpClient _client = null!;
    private TenantId _tenant;
    private bool _isRunning;

    private EngineHarness(string? postgres, string[] settings) => (_postgres, _settings) = (postgres, settings);

    /// <summary>Performs <c>test.keyed</c>; survives restarts, as the world outside of the engine does.</summary>
    public LedgerHandler Keyed { get; private set; } = new("test.keyed", RepeatClass.Keyed);

    /// <summary>Performs <c>test.unsafe</c>.</summary>
    public LedgerHandler Unsafe { get; private set; } = new("test.unsafe", RepeatClass.Unsafe);

    /// <summary>Performs <c>test.queryable</c>.</summary>
    public LedgerHandler Queryable { get; private set; } = new("test.queryable", RepeatClass.Queryable);

    /// <summary>Performs <c>test.asks</c>, after an approval.</summary>
    public LedgerHandler Asks { get; private set; } = new("test.asks", RepeatClass.Keyed, asks: true);

    /// <summary>Performs <c>test.reversible</c>, which <see cref="Undo"/> undoes.</summary>
    public LedgerHandler Reversible { get; } = new("test.reversible", RepeatClass.Keyed) { UndoneBy = "test.undo" };

    /// <summary>Performs <c>test.undo</c>.</summary>
    public LedgerHandler Undo { get; } = new("test.undo", RepeatClass.Keyed);

    /// <summary>Performs <c>test.payment</c>: unsafe, and undone by <see cref="Undo"/>.</summary>
    public LedgerHandler Payment { get; } = new("test.payment", RepeatClass.Unsafe) { UndoneBy = "test.undo" };

    /// <summary>A client that is signed in.</summary>
    public HttpClient Client => _client;

    /// <summary>The server's services.</summary>
    public IServiceProvider Services => _server.Services;

    /// <summary>The data directory.</summary>
    public string DataPath => _data.Path;

    /// <summary>The tenant that <see cref="Client"/> acts in.</summary>
    public TenantId Tenant => _tenant;

    /// <summary>Starts a server.</summary>
    public static async Task<EngineHarness> StartAsync(
        string? postgres, CancellationToken cancellationToken, params string[] settings)
    {
        var harness = new EngineHarness(postgres, settings);
        await harness.StartServerAsync(cancellationToken);
        return harness;
    }

    /// <summary>Stops the server in the middle of whatever it does, and starts another on the same data.</summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <param name="between">What to do to the data while no server has it.</param>
    /// <param name="settings">Other settings from here on.</param>
    public async Task RestartAsync(
        CancellationToken cancellationToken, Func<Task>? between = null, string[]? settings = null)
    {
        await StopServerAsync();
        _settings = settings ?? _settings;
        if (between is not null) await between();
        // What was held stays held for the old process only.
        Keyed = new LedgerHandler("test.keyed", RepeatClass.Keyed);
        Unsafe = new LedgerHandler("test.unsafe", RepeatClass.Unsafe);
        Queryable = new LedgerHandler("test.queryable", RepeatClass.Queryable) { Probe = Queryable.Probe };
        await StartServerAsync(cancellationToken);
    }

    /// <summary>Starts a run.</summary>
    public async Task<Run> StartRunAsync(
        JsonElement input, CancellationToken cancellationToken, string? key = null, int stepsMax = 100,
        RunLimits? limits = null, DateTimeOffset? deadline = null, TenantId? tenant = null)
    {
        var started = await TryStartRunAsync(
            input, cancellationToken, key, stepsMax, limits: limits, deadline: deadline, tenant: tenant);
        started.IsOk.ShouldBeTrue();
        return started.Value;
    }

    /// <summary>Starts a run, or says why not.</summary>
    public Task<Platform.Faults.Result<Run>> TryStartRunAsync(
        JsonElement input, CancellationToken cancellationToken, string? key = null, int stepsMax = 100, string title = "A list",
        RunLimits? limits = null, DateTimeOffset? deadline = null, TenantId? tenant = null)
    {
        var owner = tenant ?? _tenant;
        limits ??= new RunLimits(stepsMax, TimeSpan.FromHours(1), 1_000_000, 1_000_000);
        var nothing = JsonSerializer.SerializeToElement(new { });
        return _server.Services.GetRequiredService<IRuns>().StartAsync(
            new RunStart(
                owner, new UserId(owner.Value), "list", "a-list", 1, title, input, nothing, limits, RunLabels.None, key)
            {
                Deadline = deadline,
            },
            cancellationToken);
    }

    /// <summary>Follows a run's event stream until a condition holds, and returns the events so far.</summary>
    public async Task<List<JsonElement>> FollowAsync(
        RunId run, Func<JsonElement, bool> until, CancellationToken cancellationToken, int? lastEventId = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, $"/api/v1/runs/{run}/events");
        request.Headers.Accept.ParseAdd("text/event-stream");
        if (lastEventId is { } id) request.Headers.Add("Last-Event-ID", $"{id}");
        using var response = await _client.SendAsync(
            request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        response.EnsureSuccessStatusCode();
        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(cancellationToken));
        var events = new List<JsonElement>();
        while (await reader.ReadLineAsync(cancellationToken) is { } line)
        {
            if (!line.StartsWith("data: {\"seq\"", StringComparison.Ordinal)) continue;
            events.Add(JsonDocument.Parse(line["data: ".Length..]).RootElement);
            if (until(events[^1])) break;
        }

        return events;
    }

    /// <summary>Follows a run to its end.</summary>
    public async Task<Run> EndAsync(RunId run, CancellationToken cancellationToken)
    {
        await FollowAsync(run, _ => false, cancellationToken);
        return await GetAsync(run, cancellationToken);
    }

    /// <summary>Looks at a run.</summary>
    public async Task<Run> GetAsync(RunId run, CancellationToken cancellationToken)
    {
        using var scope = _server.Services.GetRequiredService<TenantContext>().Enter(_tenant);
        return (await _server.Services.GetRequiredService<IRuns>().GetAsync(run, cancellationToken)).Value;
    }

    /// <summary>Waits until so many steps of a tenant wait for a place.</summary>
    public Task WaitingAsync(TenantId tenant, int steps, CancellationToken cancellationToken)
    {
        var slots = _server.Services.GetRequiredService<StepSlots>();
        return UntilAsync(() => slots.StepsOf(tenant).Waiting == steps, cancellationToken);
    }

    /// <summary>Waits until the process works on so many runs of a tenant.</summary>
    public Task ActiveAsync(TenantId tenant, int runs, CancellationToken cancellationToken)
    {
        var admission = _server.Services.GetRequiredService<RunAdmission>();
        return UntilAsync(() => admission.CountOf(tenant) == runs, cancellationToken);
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        await StopServerAsync();
        _data.Dispose();
    }

    private async Task StartServerAsync(CancellationToken cancellationToken)
    {
        _server = await CodexServer.StartAsync(
            _postgres,
            _settings,
            services =>
            {
                services.AddSingleton<IRunProgram, ListProgram>();
                foreach (var handler in (IEffectHandler[])
                    [Keyed, Unsafe, Queryable, Asks, Reversible, Undo, Payment]) services.AddSingleton(handler);
            },
            _data.Path,
            cancellationToken);
        _client = await _server.SignInAsync(cancellationToken);
        _isRunning = true;
        var me = JsonDocument.Parse(await _client.GetStringAsync("/api/v1/auth/me", cancellationToken)).RootElement;
        _tenant = TenantId.Parse(me.GetProperty("tenant").GetProperty("id").GetString()!, null);
    }

    /// <summary>For what has no event to wait for: a number inside the engine.</summary>
    private static async Task UntilAsync(Func<bool> holds, CancellationToken cancellationToken)
    {
        using var tick = new PeriodicTimer(TimeSpan.FromMilliseconds(5), TimeProvider.System);
        while (!holds()) await tick.WaitForNextTickAsync(cancellationToken);
    }

    private async Task StopServerAsync()
    {
        // A start that failed leaves nothing to stop, and must not be hidden behind that.
        if (!_isRunning) return;
        _isRunning = false;
        _client.Dispose();
        await _server.DisposeAsync();
    }
}
