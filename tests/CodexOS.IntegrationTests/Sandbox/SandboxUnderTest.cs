using CodexOS.Platform.Faults;
using CodexOS.Platform.Ids;
using CodexOS.Platform.Storage;
using CodexOS.Platform.Tenancy;
using CodexOS.Sandbox;
using CodexOS.Sandbox.Contracts;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Native;
using CodexOS.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CodexOS.IntegrationTests.Sandbox;

/// <summary>The real driver on the real bubblewrap, with a data directory and a folder to work on.</summary>
internal sealed class SandboxUnderTest : IDisposable
{
    public const uint User = 200_777;

    private readonly TempDirectory _data = new();
    private readonly ServiceProvider _services;
    private readonly TenantId _tenant = TenantId.New(TimeProvider.System);

    public SandboxUnderTest(Action<SandboxOptions>? configure = null)
    {
        var options = new SandboxOptions { DiskFreeBytesMin = 0 };
        configure?.Invoke(options);
        _services = new ServiceCollection()
            .AddMetrics()
            .AddSingleton(Options.Create(options))
            .AddSingleton(new DataDirectory(_data.Path))
            .AddSingleton(TimeProvider.System)
            .AddSingleton<SandboxTelemetry>()
            .AddSingleton<TenantContext>()
            .AddSingleton<BubblewrapSandbox>()
            .BuildServiceProvider();
        Folder = Directory.CreateDirectory(_data.In("folder")).FullName;
        if (Libc.GetEffectiveUser() == 0)
        {
            using var folder = CodexOS.Sandbox.Native.Folder.Open(Folder);
            CodexOS.Sandbox.Native.Folder.Give(folder.Handle, User);
        }
    }

    /// <summary>The host folder that sandboxes see as their workspace.</summary>
    public string Folder { get; }

    public string DataPath => _data.Path;

    public BubblewrapSandbox Sandbox => _services.GetRequiredService<BubblewrapSandbox>();

    /// <summary>Runs a shell command on the folder.</summary>
    public async Task<SandboxExit> ShellAsync(string script, int timeSeconds = 60, Action<string>? onOutput = null) =>
        (await TryShellAsync(script, timeSeconds, onOutput)).Value;

    public Task<Result<SandboxExit>> TryShellAsync(string script, int timeSeconds = 60, Action<string>? onOutput = null) =>
        Sandbox.RunAsync(Command(["/bin/sh", "-c", script], timeSeconds, onOutput), CancellationToken.None);

    public Task<Result<SandboxExit>> RunAsync(params string[] program) =>
        Sandbox.RunAsync(Command(program, 60, null), CancellationToken.None);

    /// <summary>Keeps a shell script, for a tenant of the test's own unless another is named.</summary>
    public async Task<ISandboxSession> KeepAsync(string script, int timeSeconds = 60) =>
        (await TryKeepAsync(Command(["/bin/sh", "-c", script], timeSeconds, null))).Value;

    /// <summary>Enters the tenant of the test's own.</summary>
    public IDisposable EnterTenant() => _services.GetRequiredService<TenantContext>().Enter(_tenant);

    public async Task<Result<ISandboxSession>> TryKeepAsync(
        SandboxCommand command, TenantId? tenant = null, CancellationToken cancellationToken = default)
    {
        using var inside = _services.GetRequiredService<TenantContext>().Enter(tenant ?? _tenant);
        return await Sandbox.StartAsync(command, cancellationToken);
    }

    public SandboxCommand Command(string[] program, int timeSeconds, Action<string>? onOutput) =>
        new([.. program], TimeSpan.FromSeconds(timeSeconds))
        {
            Folder = Folder,
            User = User,
            OnOutput = onOutput ?? (static _ => { }),
        };

    public void Dispose()
    {
        _services.Dispose();
        _data.Dispose();
    }
}
