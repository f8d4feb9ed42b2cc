using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using CodexOS.Client.Sessions;

namespace CodexOS.Client.Contracts;

/// <summary>
/// Keeps sessions in one file that only its owner may read (mode 0600), shared by all processes of a user. Changes are
/// made under a lock file beside it and take effect wholly or not at all.
/// </summary>
public sealed class FileCredentialStore : ICredentialStore, IDisposable
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const long SizeMax = 1024 * 1024;
    private static readonly JsonTypeInfo<CredentialFile> s_json = CredentialJson.Default.CredentialFile;

    private readonly SemaphoreSlim _gate = new(1, 1);
    private readonly TimeProvider _clock;

    /// <summary>A store in a file, which need not exist yet.</summary>
    public FileCredentialStore(string path, TimeProvider? clock = null)
    {
        Path = System.IO.Path.GetFullPath(path);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>How long to wait for another process to finish a change.</summary>
    public TimeSpan LockTimeout { get; init; } = TimeSpan.FromSeconds(45);

    /// <summary>The server signed in to last, or null.</summary>
    public async Task<Uri?> ReadDefaultServerAsync(CancellationToken cancellationToken)
    {
        var file = await ReadFileAsync(cancellationToken);
        return Uri.TryCreate(file.DefaultServer, UriKind.Absolute, out var server) ? server : null;
    }

    /// <summary>Makes a server the one that is meant when none is named.</summary>
    public Task WriteDefaultServerAsync(Uri server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        return ChangeFileAsync(
            (file, _) => Task.FromResult(file with { DefaultServer = Key(server) }), cancellationToken);
    }

    /// <inheritdoc />
    public async Task<Credentials?> ReadAsync(Uri server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        var file = await ReadFileAsync(cancellationToken);
        return file.Servers.GetValueOrDefault(Key(server));
    }

    /// <inheritdoc />
    public async Task<Credentials?> UpdateAsync(
        Uri server,
        Func<Credentials?, CancellationToken, Task<Credentials?>> change,
        CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(change);
        Credentials? next = null;
        await ChangeFileAsync(
            async (file, token) =>
            {
                var present = file.Servers.GetValueOrDefault(Key(server));
                next = await change(present, token);
                if (next == present) return file;
                var servers = new Dictionary<string, Credentials>(file.Servers, StringComparer.Ordinal);
                if (next is null) servers.Remove(Key(server));
                else servers[Key(server)] = next;
                return file with { Servers = servers };
            },
            cancellationToken);
        return next;
    }

    /// <inheritdoc />
    public void Dispose() => _gate.Dispose();

    private static string Key(Uri server) => server.GetLeftPart(UriPartial.Path).TrimEnd('/');

    private async Task ChangeFileAsync(
        Func<CredentialFile, CancellationToken, Task<CredentialFile>> change, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken);
        try
        {
            Directory.CreateDirectory(
                System.IO.Path.GetDirectoryName(Path)!, OwnerOnly | UnixFileMode.UserExecute);
            await using var held = await FileLock.TakeAsync($"{Path}.lock", LockTimeout, _clock, cancellationToken);
            var file = await ReadFileAsync(cancellationToken);
            var next = await change(file, cancellationToken);
            // What was received must be kept, even by someone who no longer waits for it: it cannot be had twice.
            if (!ReferenceEquals(next, file)) await WriteFileAsync(next, CancellationToken.None);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task<CredentialFile> ReadFileAsync(CancellationToken cancellationToken)
    {
        try
        {
            await using var stream = new FileStream(Path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            if (stream.Length > SizeMax) throw Unreadable("it is too large", null);
            return await JsonSerializer.DeserializeAsync(stream, s_json, cancellationToken)
                ?? throw Unreadable("it is empty", null);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return new CredentialFile(null, new Dictionary<string, Credentials>());
        }
        catch (JsonException e)
        {
            throw Unreadable("it is not the JSON that was written", e);
        }
    }

    private async Task WriteFileAsync(CredentialFile file, CancellationToken cancellationToken)
    {
        var partial = $"{Path}.{System.IO.Path.GetRandomFileName()}";
        var options = new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = OwnerOnly,
        };
        try
        {
            await using (var stream = new FileStream(partial, options))
            {
                await JsonSerializer.SerializeAsync(stream, file, s_json, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(partial, Path, overwrite: true);
        }
        catch
        {
            File.Delete(partial);
            throw;
        }
    }

    private CodexOSException Unreadable(string why, Exception? inner) => new(
        "client.bad_credentials_file",
        FaultKind.Invalid,
        $"The credentials file {Path} cannot be used: {why}. Delete it and sign in again.",
        inner);
}
