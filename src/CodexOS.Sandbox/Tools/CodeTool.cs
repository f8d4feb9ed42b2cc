using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Faults;
using CodexOS.Runs.Contracts;
using CodexOS.Sandbox.Interpreters;
using CodexOS.Tools.Contracts;
using Microsoft.Extensions.Options;

namespace CodexOS.Sandbox.Tools;

/// <summary>
/// Executes code in the workspace, inside a sandbox: once, to its end, or in an interpreter that is kept for the run. The
/// tools <c>shell</c>, <c>python</c> and <c>node</c> differ in what executes it.
/// </summary>
internal abstract class CodeTool : ITool
{
    private readonly CodeRunner _runner;
    private readonly Language _language;
    private readonly string _argument;

    protected CodeTool(
        CodeRunner runner, IOptions<SandboxOptions> given, Language language, string argument, string does, string kept)
    {
        (_runner, _language, _argument) = (runner, language, argument);
        var options = given.Value;
        Contract = new ToolContract(
            language.Name,
            does + " There is no network, unless hosts are named below; those are reached by HTTP and TLS through the proxy in "
            + "HTTP_PROXY and HTTPS_PROXY only. There are the programs of the host's /usr, for instance sh, git, python3, node and "
            + "gcc where they are installed. /tmp is empty at each call; changes to the workspace stay. Output that is too long is "
            + "cut in the middle. With keep, " + kept
            + " It then has no network and can only read the workspace; files in /tmp stay as long as it does. It is gone after a "
            + "call that takes too long, when it is not used for a while, and when the server restarts; the answer says so.",
            WorkspaceTools.Schema(
                $$"""
                {
                  "type": "object",
                  "properties": {
                    "{{argument}}": { "type": "string", "minLength": 1, "maxLength": 32000, "description": "What to execute." },
                    "keep": { "type": "boolean", "description": "Whether to execute it in the session that is kept for this run." },
                    "timeout_seconds": { "type": "integer", "minimum": 1,
                        "maximum": {{(int)options.ShellTimeMax.TotalSeconds}}, "description": "After how long it is killed; {{(int)runner.TimeDefault.TotalSeconds}} by default." }
                  },
                  "required": ["{{argument}}"],
                  "additionalProperties": false
                }
                """),
            EffectClass.Reversible,
            RepeatClass.Keyed)
        {
            NeedsWorkspace = true,
            Store = WorkspaceTools.Changes,
            NeedsSandbox = true,
            UsesNetwork = true,
            // Beyond the command's own time: waiting for the workspace and a sandbox, and copying.
            TimeMax = options.ShellTimeMax + options.WorkspaceWaitMax,
        };
    }

    public ToolContract Contract { get; }

    /// <summary>
    /// Files are changed once for each key and can be changed back. What code did out there can be neither known nor undone.
    /// A kept interpreter has no network.
    /// </summary>
    public ToolCallClass ClassOf(JsonElement arguments, bool hasNetwork) => hasNetwork && !IsKept(arguments)
        ? new ToolCallClass(EffectClass.Irreversible, RepeatClass.Unsafe, Contract.AsksByDefault)
        : new ToolCallClass(Contract.Effect, Contract.Repeat, Contract.AsksByDefault);

    public Task<Result<ToolResult>> InvokeAsync(ToolCall call, CancellationToken cancellationToken)
    {
        var code = call.NeededText(_argument);
        if (IsKept(call.Arguments)) return _runner.AskAsync(call, _language, code, cancellationToken);
        if (code.Contains('\0', StringComparison.Ordinal))
        {
            return Task.FromResult(WorkspaceTools.Explain(
                new Fault("sandbox.bad_command", FaultKind.Invalid, $"The {_argument} contains a zero byte.")));
        }

        return _runner.RunAsync(call, Program(code), code, cancellationToken);
    }

    /// <summary>The program that executes code once.</summary>
    protected abstract ImmutableArray<string> Program(string code);

    private static bool IsKept(JsonElement arguments) =>
        arguments.TryGetProperty("keep", out var keep) && keep.ValueKind is JsonValueKind.True;
}

/// <summary>Runs shell commands.</summary>
internal sealed class ShellTool(CodeRunner runner, IOptions<SandboxOptions> options) : CodeTool(
    runner, options, Language.Shell, "command", "Runs a command with sh in the workspace, inside a sandbox.",
    "the shell stays for the next such call of this run, with its variables, functions and folder.")
{
    protected override ImmutableArray<string> Program(string code) => ["/bin/sh", "-c", code];
}

/// <summary>Executes Python.</summary>
internal sealed class PythonTool(CodeRunner runner, IOptions<SandboxOptions> options) : CodeTool(
    runner, options, Language.Python, "code", "Executes Python 3 in the workspace, inside a sandbox.",
    "the interpreter stays for the next such call of this run, with its variables and imports, and the value of a last "
    + "expression is printed.")
{
    protected override ImmutableArray<string> Program(string code) => ["/usr/bin/python3", "-c", code];
}

/// <summary>Executes JavaScript.</summary>
internal sealed class NodeTool(CodeRunner runner, IOptions<SandboxOptions> options) : CodeTool(
    runner, options, Language.Node, "code", "Executes JavaScript with Node.js in the workspace, inside a sandbox.",
    "the process stays for the next such call of this run, with its top-level names; the value of a last expression is "
    + "printed, and a promise is awaited. Names that are declared in code with a top-level await do not stay; set them on "
    + "globalThis.")
{
    protected override ImmutableArray<string> Program(string code) => ["/usr/bin/node", "-e", code];
}
