using System.CommandLine;
using CodexOS.Cli.Screens;

namespace CodexOS.Cli.Verbs;

/// <summary>
/// <c>codexos completion SHELL</c>: prints the script that makes a shell complete commands and options. The script asks
/// this command itself, through the suggestion directive of the command-line parser, so it never goes out of date.
/// </summary>
internal static class CompletionVerb
{
    private const string Bash = """
        # codexos completion for bash. Load it with: source <(codexos completion bash)
        _codexos_complete() {
            local IFS=$'\n'
            local line="${COMP_LINE:0:$COMP_POINT}"
            local found="$(codexos "[suggest:${#line}]" "$line" 2>/dev/null)"
            COMPREPLY=($(compgen -W "$found" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _codexos_complete codexos
        """;

    private const string Zsh = """
        #compdef codexos
        # codexos completion for zsh. Load it with: source <(codexos completion zsh)
        _codexos() {
            local -a found
            found=("${(@f)$(codexos "[suggest:${#LBUFFER}]" "$LBUFFER" 2>/dev/null)}")
            if [[ -n "$found" ]]; then compadd -- $found; else _files; fi
        }
        compdef _codexos codexos
        """;

    private const string Fish = """
        # codexos completion for fish. Load it with: codexos completion fish | source
        function __codexos_complete
            set -l line (commandline -cp)
            codexos "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null
        end
        complete -c codexos -a '(__codexos_complete)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("SHELL") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print the completion script of a shell") { shell };
        command.SetAction(parsed =>
        {
            terminal.Out.WriteLine(parsed.GetValue(shell) switch
            {
                "bash" => Bash,
                "zsh" => Zsh,
                _ => Fish,
            });
            return 0;
        });
        return command;
    }
}
