namespace CodexOS.Sandbox.Workspaces;

/// <summary>What git is asked to do, as fixed scripts that run inside a sandbox; what varies is an argument.</summary>
internal static class GitScripts
{
    /// <summary>The exit code of <see cref="Commit"/> when there is nothing to commit.</summary>
    public const int NothingToCommit = 42;

    /// <summary>Makes the folder a repository with at least one commit and prints the commit it is at.</summary>
    public const string Prepare =
        """
        set -e
        if [ ! -e .git ]; then git init -q --template= -b main . ; fi
        if [ ! -d .git ] || [ -L .git ]; then echo 'the .git of the archive is not a folder' >&2; exit 1; fi
        mkdir -p .git/hooks
        if ! git rev-parse -q --verify 'HEAD^{commit}' > /dev/null 2>&1; then
          git add -A .
          git commit -q --no-verify --allow-empty -m 'Start of the workspace'
        fi
        git rev-parse HEAD
        """;

    /// <summary>
    /// Makes the folder a repository with the branch $2 of the bundle $1, which is removed, and prints the commit it is at.
    /// Without a name it is the branch that the bundle calls its head, or else its first one.
    /// </summary>
    public const string Unbundle =
        """
        set -e
        git init -q --template= -b main .
        mkdir -p .git/hooks
        git bundle verify -q "$1"
        name=$2
        if [ -z "$name" ]; then
          heads=$(git bundle list-heads "$1")
          head=$(printf '%s\n' "$heads" | sed -n 's| HEAD$||p')
          name=$(printf '%s\n' "$heads" | sed -n "s|^${head:-[0-9a-f]*} refs/heads/||p" | head -n 1)
        fi
        [ -n "$name" ] || { echo 'it has no branch' >&2; exit 1; }
        git check-ref-format "refs/heads/$name" || { echo "'$name' cannot name a branch" >&2; exit 1; }
        git fetch -q --no-tags --update-head-ok "$1" "refs/heads/$name:refs/heads/$name"
        rm "$1"
        git symbolic-ref HEAD "refs/heads/$name"
        git reset -q --hard
        git rev-parse HEAD
        """;

    /// <summary>
    /// Prints, in one line, what changed since the commit $1, and then the changes, new files included. It works on a
    /// read-only folder: index and objects that it makes lie in memory.
    /// </summary>
    public const string Diff =
        """
        set -e
        mkdir /tmp/objects
        export GIT_INDEX_FILE=/tmp/index GIT_OBJECT_DIRECTORY=/tmp/objects
        export GIT_ALTERNATE_OBJECT_DIRECTORIES=/workspace/.git/objects
        if [ -f .git/index ]; then cp .git/index /tmp/index; fi
        git add -A --ignore-errors . > /tmp/added 2>&1 || :
        set -- "$1" --cached --no-color --no-ext-diff --no-textconv --src-prefix=a/ --dst-prefix=b/
        commit=$1; shift
        echo "$(git diff "$@" --shortstat "$commit" --)"
        git diff "$@" "$commit" --
        """;

    /// <summary>Commits everything with the message $1 and prints the commit and, in one line, what it changed.</summary>
    public const string Commit =
        """
        set -e
        git add -A .
        if git diff --cached --quiet HEAD --; then exit 42; fi
        git commit -q --no-verify --cleanup=strip -m "$1"
        git rev-parse HEAD
        git show --shortstat --format= HEAD --
        """;

    /// <summary>
    /// Prints, in base64, what was done since the commit $1: as a mail for each commit if $2 is <c>mail</c>, as one diff if it is
    /// <c>diff</c>, or as a bundle with the whole history as the branch $3. What is not committed is a last commit. As
    /// <see cref="Diff"/>, it works on a read-only folder.
    /// </summary>
    public const string Export =
        """
        set -e
        mkdir /tmp/objects
        export GIT_INDEX_FILE=/tmp/index GIT_OBJECT_DIRECTORY=/tmp/objects
        export GIT_ALTERNATE_OBJECT_DIRECTORIES=/workspace/.git/objects
        if [ -f .git/index ]; then cp .git/index /tmp/index; fi
        git add -A --ignore-errors . > /tmp/added 2>&1 || :
        head=$(git rev-parse HEAD)
        tree=$(git write-tree)
        if [ "$tree" != "$(git rev-parse 'HEAD^{tree}')" ]; then
          head=$(git commit-tree "$tree" -p HEAD -m 'Changes that were not committed')
        fi
        case $2 in
          mail) git format-patch --stdout --binary --full-index --no-color --no-textconv --no-ext-diff --no-signature \
            --src-prefix=a/ --dst-prefix=b/ "$1..$head" > /tmp/out ;;
          diff) git diff --binary --full-index --no-color --no-textconv --no-ext-diff --src-prefix=a/ --dst-prefix=b/ \
            "$1" "$head" -- > /tmp/out ;;
          bundle)
            git check-ref-format "refs/heads/$3" || { echo "'$3' cannot name a branch" >&2; exit 1; }
            git init -q --bare --template= /tmp/bare
            GIT_DIR=/tmp/bare git update-ref "refs/heads/$3" "$head"
            GIT_DIR=/tmp/bare git bundle create -q /tmp/out "refs/heads/$3" ;;
        esac
        base64 -w 0 < /tmp/out
        """;

    /// <summary>Applies the file $2: as commits, if $1 is <c>commits</c>, or to the files only. All of it or nothing.</summary>
    public const string Apply =
        """
        set -e
        if [ "$1" = commits ]; then
          git am -q --keep-cr --no-gpg-sign "$2" || { git am --abort > /dev/null 2>&1 || :; exit 1; }
        else
          git apply --whitespace=nowarn "$2"
        fi
        """;
}
