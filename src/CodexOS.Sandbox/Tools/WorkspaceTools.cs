using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Platform.Http;
using CodexOS.Sandbox.Native;
using CodexOS.Sandbox.Storage;
using CodexOS.Sandbox.Workspaces;
using CodexOS.Tools.Contracts;

namespace CodexOS.Sandbox.Tools;

/// <summary>What the tools have in common: they find the run's workspace, and tell the model what it can put right.</summary>
internal sealed class WorkspaceTools(WorkspaceDirectory directory, WorkspaceChanges changes)
{
    /// <summary>What a tool is that shows what is in the workspace.</summary>
    public static ToolStore Reads { get; } = new(ToolStore.Workspace, StoreAccess.Read);

    /// <summary>
    /// What a tool is that changes the workspace, and shows some of it. Paths have many spellings, so all is one entry.
    /// </summary>
    public static ToolStore Changes { get; } = new(ToolStore.Workspace, StoreAccess.ReadWrite);

    /// <summary>Parses a schema written as text.</summary>
    public static JsonElement Schema(string json)
    {
        using var document = JsonDocument.Parse(json);
        return document.RootElement.Clone();
    }

    /// <summary>An answer.</summary>
    public static ToolResult Answer<TData>(string text, TData data, bool isError = false, bool truncated = false) =>
        new(text, isError, JsonSerializer.SerializeToElement(data, Json.Options)) { Truncated = truncated };

    /// <summary>A failure that the model can learn from, as an answer; others stay faults.</summary>
    public static Result<ToolResult> Explain(Fault fault) => fault.Kind switch
    {
        FaultKind.Invalid or FaultKind.TooLarge or FaultKind.NotFound or FaultKind.LimitReached =>
            Answer(fault.Message, new ToolFault(fault.Code), isError: true),
        _ => fault,
    };

    /// <summary>Reads from the files as they are.</summary>
    public async Task<Result<ToolResult>> ReadAsync(
        ToolCall call, Func<Folder, Result<ToolResult>> read, CancellationToken cancellationToken)
    {
        if (!(await OpenAsync(call, cancellationToken)).TryGet(out var open, out var fault)) return fault;
        return await Task.Run(
            () =>
            {
                using var files = Folder.Open(open.Version.FilesPath);
                return read(files).TryGet(out var result, out var failed) ? result : Explain(failed);
            },
            cancellationToken);
    }

    /// <summary>Changes the files in any way, for instance by a program, once for the call's key.</summary>
    public Task<Result<ToolResult>> ChangeAsync(
        ToolCall call, Func<WorkingCopy, CancellationToken, Task<Result<Change>>> change, CancellationToken cancellationToken) =>
        ChangeAsync(call, change, shareFiles: false, cancellationToken);

    /// <summary>Puts new files in the place of old ones, once for the call's key; unchanged files are not copied.</summary>
    public Task<Result<ToolResult>> ReplaceAsync(
        ToolCall call, Func<WorkingCopy, Result<Change>> change, CancellationToken cancellationToken) =>
        ChangeAsync(call, (copy, token) => Task.Run(() => change(copy), token), shareFiles: true, cancellationToken);

    private async Task<Result<ToolResult>> ChangeAsync(
        ToolCall call,
        Func<WorkingCopy, CancellationToken, Task<Result<Change>>> change,
        bool shareFiles,
        CancellationToken cancellationToken)
    {
        if (!(await OpenAsync(call, cancellationToken)).TryGet(out var open, out var fault)) return fault;
        var result = await changes.MakeAsync(open.Row, call.Key, change, cancellationToken, shareFiles: shareFiles);
        return result.TryGet(out var made, out fault) ? made : Explain(fault);
    }

    /// <summary>The run's workspace and its files as they are.</summary>
    public async Task<Result<(WorkspaceRow Row, WorkspaceVersion Version)>> OpenAsync(
        ToolCall call, CancellationToken cancellationToken) =>
        call.Workspace is { } id
            ? await directory.OpenAsync(id, cancellationToken)
            : new Fault(
                "sandbox.no_workspace",
                FaultKind.Conflict,
                "The run has no file workspace. Start it with one, for instance with --workspace.");

    private sealed record ToolFault(string Code);
}

/// <summary>Reads arguments, which fit the schema.</summary>
internal static class Arguments
{
    public static string? Text(this ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    public static string NeededText(this ToolCall call, string name) =>
        call.Text(name) ?? throw new InvalidOperationException($"The schema lets calls through without {name}.");

    public static IReadOnlyList<string> Texts(this ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Array
            ? [.. value.EnumerateArray().Select(static item => item.GetString()).OfType<string>()]
            : [];

    public static bool Flag(this ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.True;

    public static int? Number(this ToolCall call, string name) =>
        call.Arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number
            ? (int)value.GetDouble() : null;
}
