using System.Security.Cryptography;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Sandbox.Workspaces;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Interpreters;

/// <summary>What a call of a kept interpreter came to.</summary>
/// <param name="Answer">What it answered.</param>
/// <param name="IsFresh">Whether the interpreter was started for this call, so that it knows nothing of earlier ones.</param>
internal sealed record KeptAnswer(InterpreterAnswer Answer, bool IsFresh);

/// <summary>
/// Keeps interpreters between the calls of a run, one of each language:
/// 1. wait for the interpreter, 2. answer again if this very call was answered last, 3. start one if there is none,
/// 4. show it the workspace as it is, 5. ask. One that is not used for a while is ended, as is the one that was not used
/// for longest when another needs its place.
/// </summary>
/// <remarks>
/// What an interpreter does stays inside of it: it has no network, and sees a read-only copy of the workspace. So a call
/// takes effect in one interpreter and once: the same key is answered from memory, and when the interpreter is gone,
/// everything that its calls did is gone with it, and a repeated call is the first one of another interpreter.
/// </remarks>
internal sealed class InterpreterKeeper(
    ISandbox sandbox, WorkspacePlaces places, DataDirectory data, TimeProvider clock, IOptions<SandboxOptions> given)
    : BackgroundService, IAsyncDisposable
{
    private readonly SandboxOptions _options = given.Value;
    private readonly Lock _lock = new();
    private readonly Dictionary<(RunId Run, string Language), Place> _places = [];

    // A folder of this process's own, so that what an earlier one left can be told from what is in use.
    private readonly string _viewsPath = data.In("interpreters", Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));

    /// <summary>
    /// Performs code in the run's interpreter. Faults: those of <see cref="ISandbox.StartAsync"/>.
    /// </summary>
    public async Task<Result<KeptAnswer>> CallAsync(
        InterpreterCall call, Language language, CancellationToken cancellationToken)
    {
        // 1. Wait
        var place = Enter(call, language);
        try
        {
            await place.Turn.WaitAsync(cancellationToken);
            try
            {
                return await CallInTurnAsync(place, call, language, cancellationToken);
            }
            finally
            {
                place.UsedAt = clock.GetTimestamp();
                place.Turn.Release();
            }
        }
        finally
        {
            Leave(place);
        }
    }

    /// <summary>Ends a run's interpreter, if it has one.</summary>
    public async Task EndAsync(RunId run, string language, CancellationToken cancellationToken)
    {
        Place? place;
        lock (_lock)
        {
            if (!_places.TryGetValue((run, language), out place)) return;
            place.Users++;
        }

        try
        {
            await place.Turn.WaitAsync(cancellationToken);
            try
            {
                await CloseAsync(place);
            }
            finally
            {
                place.Turn.Release();
            }
        }
        finally
        {
            Leave(place);
        }
    }

    /// <summary>Ends all interpreters.</summary>
    public async ValueTask DisposeAsync()
    {
        List<Place> all;
        lock (_lock) all = [.. _places.Values];
        foreach (var place in all) await CloseAsync(place);
        Dispose();
    }

    /// <summary>Removes what an earlier process left, then ends what is not used, every now and then.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Run(() => RemoveLeftovers(stoppingToken), stoppingToken);
        using var tick = new PeriodicTimer(_options.SessionIdleMax / 4, clock);
        while (await tick.WaitForNextTickAsync(stoppingToken))
        {
            while (TakeIdle(place => clock.GetElapsedTime(place.UsedAt) >= _options.SessionIdleMax) is { } idle)
                await EndIdleAsync(idle);
        }
    }

    private void RemoveLeftovers(CancellationToken cancellationToken)
    {
        var parent = Path.GetDirectoryName(_viewsPath)!;
        if (!Directory.Exists(parent)) return;
        using var all = Folder.Open(parent);
        foreach (var entry in all.Entries())
        {
            if (!entry.Name.AsSpan().SequenceEqual(Folder.Name(Path.GetFileName(_viewsPath))))
                Tree.Remove(all, entry.Name, cancellationToken);
        }
    }

    private async Task<Result<KeptAnswer>> CallInTurnAsync(
        Place place, InterpreterCall call, Language language, CancellationToken cancellationToken)
    {
        // 2. Answer again
        if (place.LastKey == call.Key && place.Last is { } known && place.Interpreter is { IsOver: false }) return known;

        // 3. Start
        if (place.Interpreter is { IsOver: true }) await CloseAsync(place);
        if (place.Interpreter is null)
        {
            var started = await StartAsync(place, call, language, cancellationToken);
            if (!started.TryGet(out _, out var fault)) return fault;
            place.IsFresh = true;
        }

        // 4. Show the workspace
        if (await ShowAsync(place, call, cancellationToken) is { } wrong) return wrong;

        // 5. Ask
        InterpreterAnswer answer;
        try
        {
            answer = await place.Interpreter!.CallAsync(call.Code, call.TimeMax, call.OnOutput, cancellationToken);
        }
        catch (OperationCanceledException)
        {
            await CloseAsync(place);
            throw;
        }

        var kept = new KeptAnswer(answer, place.IsFresh);
        (place.LastKey, place.Last, place.IsFresh) = (call.Key, kept, false);
        if (answer.End is not null) await CloseAsync(place);
        return kept;
    }

    private async Task<Result<bool>> StartAsync(
        Place place, InterpreterCall call, Language language, CancellationToken cancellationToken)
    {
        place.ViewPath = MakeView(call.Row);
        var command = new SandboxCommand(language.Kept, _options.SessionTimeMax)
        {
            Folder = place.ViewPath,
            FolderIsReadOnly = true,
            User = call.Row.User,
        };
        while (true)
        {
            if ((await sandbox.StartAsync(command, cancellationToken)).TryGet(out var session, out var fault))
            {
                place.Interpreter = new Interpreter(session, _options, clock);
                return true;
            }

            // An interpreter that nobody uses makes room: one of the same tenant first, then whoever's was not used for longest.
            var idle = fault.Code == SandboxFaults.SessionsMaxCode
                ? TakeIdle(other => other.Tenant == place.Tenant) ?? TakeIdle(static _ => true)
                : null;
            if (idle is null)
            {
                RemoveView(place);
                return fault;
            }

            await EndIdleAsync(idle);
        }
    }

    /// <summary>Makes the interpreter's copy of the workspace what the workspace is, if it is not.</summary>
    private async Task<Fault?> ShowAsync(Place place, InterpreterCall call, CancellationToken cancellationToken)
    {
        if (place.Shown == call.Version.Name) return null;
        return await Task.Run(
            () =>
            {
                using var files = Folder.Open(call.Version.FilesPath);
                using var view = Folder.Open(place.ViewPath!);
                var size = call.Version.ReadSize();
                if (view.Disk().FreeBytes < _options.DiskFreeBytesMin + size.Bytes) return SandboxFaults.DiskFull;
                place.Shown = null;
                foreach (var entry in view.Entries()) Tree.Remove(view, entry.Name, cancellationToken);
                Tree.Copy(files, view, places.OwnerOf(call.Row), _options.WorkspaceDepthMax + 1, cancellationToken);
                place.Shown = call.Version.Name;
                return (Fault?)null;
            },
            cancellationToken);
    }

    private string MakeView(WorkspaceRow row)
    {
        const UnixFileMode owner = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(_viewsPath, owner | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute);
        var name = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(12));
        var path = Directory.CreateDirectory(Path.Combine(_viewsPath, name), owner).FullName;
        if (places.OwnerOf(row) is not { } user) return path;
        using var view = Folder.Open(path);
        Folder.Give(view.Handle, user);
        return path;
    }

    private void RemoveView(Place place)
    {
        if (place.ViewPath is null) return;
        using var views = Folder.Open(_viewsPath);
        Tree.Remove(views, Folder.Name(Path.GetFileName(place.ViewPath)), CancellationToken.None);
        (place.ViewPath, place.Shown) = (null, null);
    }

    private async Task CloseAsync(Place place)
    {
        if (place.Interpreter is { } interpreter) await interpreter.DisposeAsync();
        (place.Interpreter, place.LastKey, place.Last) = (null, null, null);
        RemoveView(place);
    }

    private async Task EndIdleAsync(Place idle)
    {
        try
        {
            await CloseAsync(idle);
        }
        finally
        {
            idle.Turn.Release();
            Leave(idle);
        }
    }

    private Place Enter(InterpreterCall call, Language language)
    {
        lock (_lock)
        {
            var id = (call.Run, language.Name);
            if (!_places.TryGetValue(id, out var place))
                _places[id] = place = new Place(call.Run, language.Name, call.Row.TenantId);
            place.Users++;
            return place;
        }
    }

    /// <summary>Forgets a place that nobody uses and that keeps nothing.</summary>
    private void Leave(Place place)
    {
        lock (_lock)
        {
            if (--place.Users == 0 && place.Interpreter is null) _places.Remove((place.Run, place.Language));
        }
    }

    /// <summary>Takes the turn of the interpreter that was not used for longest, of the idle ones that fit.</summary>
    private Place? TakeIdle(Func<Place, bool> fits)
    {
        lock (_lock)
        {
            var idle = _places.Values.Where(place => place is { Users: 0, Interpreter: not null } && fits(place))
                .MinBy(place => place.UsedAt);
            if (idle is null || !idle.Turn.Wait(0)) return null;
            idle.Users++;
            return idle;
        }
    }

    private sealed class Place(RunId run, string language, TenantId tenant)
    {
        public RunId Run => run;

        public string Language => language;

        public TenantId Tenant => tenant;

        public SemaphoreSlim Turn { get; } = new(1);

        public int Users { get; set; }

        public long UsedAt { get; set; }

        public Interpreter? Interpreter { get; set; }

        public string? ViewPath { get; set; }

        public string? Shown { get; set; }

        public bool IsFresh { get; set; }

        public string? LastKey { get; set; }

        public KeptAnswer? Last { get; set; }
    }
}

/// <summary>Code for a run's interpreter.</summary>
/// <param name="Run">The run.</param>
/// <param name="Key">The call's idempotency key.</param>
/// <param name="Row">The run's workspace.</param>
/// <param name="Version">Its files as they are.</param>
/// <param name="Code">The code.</param>
/// <param name="TimeMax">How long it may take.</param>
/// <param name="OnOutput">Is given output as it comes.</param>
internal sealed record InterpreterCall(
    RunId Run,
    string Key,
    WorkspaceRow Row,
    WorkspaceVersion Version,
    string Code,
    TimeSpan TimeMax,
    Action<string> OnOutput);
