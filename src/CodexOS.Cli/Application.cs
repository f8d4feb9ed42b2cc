using System.CommandLine;
using System.CommandLine.Invocation;
using CodexOS.Cli.Contracts;
using CodexOS.Cli.Screens;
using CodexOS.Cli.Verbs;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli;

/// <summary>
/// The command as a whole: 1 take the arguments apart, 2 run the verb, 3 turn whatever goes wrong into one line on the
/// error output, a hint, and the exit code of its kind.
/// </summary>
internal sealed class Application(
    Terminal terminal,
    Func<ServeOptions, CancellationToken, Task<int>> serve,
    Func<DatabaseCommand, CancellationToken, Task<int>> database,
    HttpMessageHandler? handler = null)
{
    /// <summary>The exit code of a command that Ctrl+C ended: 128 and the number of the signal.</summary>
    public const int Interrupted = 130;

    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        // 1.
        using var connections = new Connections(terminal) { Handler = handler };
        var root = Tree(connections);
        var parsed = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (parsed.Action is ParseErrorAction)
        {
            Errors.ShowUsage(terminal, parsed);
            return FaultKind.Invalid.ExitCode();
        }

        try
        {
            // 2.
            var invocation = new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null,
                Output = terminal.Out,
                Error = terminal.Error,
            };
            return await parsed.InvokeAsync(invocation, cancellationToken);
        }
        catch (Exception e)
        {
            // 3.
            terminal.OutScreen.ClearStatus();
            return Errors.Show(terminal, e, connections.ServerShown, cancellationToken);
        }
    }

    private RootCommand Tree(Connections connections)
    {
        var root = new RootCommand("CodexOS runs AI agents as durable, sandboxed, observable processes.")
        {
            ServeVerb.Create(serve),
            DatabaseVerb.Create(database),
            LoginVerb.Create(terminal, connections),
            LogoutVerb.Create(terminal, connections),
            JoinVerb.Create(terminal, connections),
            AccountVerb.Create(terminal, connections),
            SecondFactorVerb.Create(terminal, connections),
            PasskeysVerb.Create(terminal, connections),
            SessionsVerb.Create(terminal, connections),
            MembersVerb.Create(terminal, connections),
            RolesVerb.Create(terminal, connections),
            ProjectsVerb.Create(terminal, connections),
            AccessVerb.Create(terminal, connections),
            ApiKeysVerb.Create(terminal, connections),
            ServiceAccountsVerb.Create(terminal, connections),
            ClientsVerb.Create(terminal, connections),
            SsoVerb.Create(terminal, connections),
            AgentsVerb.Create(terminal, connections),
            ApplyVerb.Create(terminal, connections),
            RunVerb.Create(terminal, connections),
            PsVerb.Create(terminal, connections),
            TopVerb.Create(terminal, connections),
            LogsVerb.Create(terminal, connections),
            ApprovalsVerb.Create(terminal, connections),
            ApproveVerb.Create(terminal, connections),
            StandingVerb.Create(terminal, connections),
            PolicyVerb.Create(terminal, connections),
            ConnectionsVerb.Create(terminal, connections),
            PauseVerb.Create(terminal, connections),
            PauseVerb.CreateResume(terminal, connections),
            SteerVerb.Create(terminal, connections),
            SignalVerb.Create(terminal, connections),
            KillVerb.Create(terminal, connections),
            BulkVerb.Create(terminal, connections),
            ResolveVerb.Create(terminal, connections),
            RetryVerb.Create(terminal, connections),
            CheckpointsVerb.Create(terminal, connections),
            StateVerb.Create(terminal, connections),
            RollbackVerb.Create(terminal, connections),
            ForkVerb.Create(terminal, connections),
            DiffVerb.Create(terminal, connections),
            FilesVerb.Create(terminal, connections),
            ExportVerb.Create(terminal, connections),
            WorkspacesVerb.Create(terminal, connections),
            KnowledgeVerb.Create(terminal, connections),
            CacheVerb.Create(terminal, connections),
            NodesVerb.Create(terminal, connections),
            TenantsVerb.Create(terminal, connections),
            MaintenanceVerb.Create(terminal, connections),
            SecretsVerb.Create(terminal, connections),
            KeysVerb.Create(terminal, connections),
            AuditVerb.Create(terminal, connections),
            EvidenceVerb.Create(terminal, connections),
            PrivacyVerb.Create(terminal, connections),
            DoctorVerb.Create(terminal, connections),
            VersionVerb.Create(terminal, connections),
            CompletionVerb.Create(terminal),
        };
        root.SetAction(parsed =>
        {
            new System.CommandLine.Help.HelpAction().Invoke(parsed);
            return 0;
        });
        return root;
    }
}
