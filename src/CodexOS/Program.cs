using CodexOS.Cli.Contracts;
using CodexOS.Docs;
using CodexOS.Host;

// Everything is a verb of the command line, except the pages that are made from the program itself.
return args is ["docs", var page]
    ? await GeneratedDocs.WriteAsync(page)
    : await CommandLine.RunAsync(
        args,
        (options, cancellationToken) => Serving.ServeAsync(options, cancellationToken),
        (command, cancellationToken) => command.Task is DatabaseTask.Prepare
            ? DatabasePreparation.RunAsync(command, cancellationToken)
            : DatabaseMigration.RunAsync(command, cancellationToken));
