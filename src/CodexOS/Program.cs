using CodexOS.Cli.Contracts;
using CodexOS.Docs;
using CodexOS.Host;
using CodexOS.Inference.Contracts;

// Everything is a verb of the command line, except what CodexOS itself is made with: pages out of the program, and the model
// that is built in out of its package.
return args is ["docs", var page] ? await GeneratedDocs.WriteAsync(page)
    : args is ["make-model", var package, var folder] ? BuiltinModels.Make(package, folder)
    : await CommandLine.RunAsync(
        args,
        (options, cancellationToken) => Serving.ServeAsync(options, cancellationToken),
        (command, cancellationToken) => command.Task is DatabaseTask.Prepare
            ? DatabasePreparation.RunAsync(command, cancellationToken)
            : DatabaseMigration.RunAsync(command, cancellationToken));
