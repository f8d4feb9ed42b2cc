using System.Collections.Immutable;

namespace CodexOS.Sandbox.Interpreters;

/// <summary>A language whose interpreter can be kept between calls.</summary>
/// <param name="Name">Its name, which is that of its tool.</param>
/// <param name="Kept">The program that takes one piece of code after the other.</param>
internal sealed record Language(string Name, ImmutableArray<string> Kept)
{
    public static Language Shell { get; } = new("shell", ["/bin/sh", "-c", Drivers.Shell]);

    public static Language Python { get; } = new("python", ["/usr/bin/python3", "-c", Drivers.Python]);

    // Node.js cannot lay its errors over its output itself.
    public static Language Node { get; } = new("node", ["/bin/sh", "-c", "exec node -e \"$1\" 2>&1", "sh", Drivers.Node]);

    public static ImmutableArray<Language> All { get; } = [Shell, Python, Node];
}

/// <summary>
/// What runs inside for each language. It reads a line with a nonce and a size from its input, then so many bytes of code;
/// performs it; and writes, after whatever that wrote, a mark: the byte 1E, the nonce, a space, a status of three digits
/// and a line feed. Errors go the way of output. The code sees an empty standard input.
/// </summary>
/// <remarks>
/// The code shares a process with this and could forge a mark. It would only lie about itself: the server trusts a mark for
/// nothing but where an answer ends.
/// </remarks>
internal static class Drivers
{
    public const string Shell =
        """
        exec 3<&0 < /dev/null 2>&1
        while read -r _nonce _size <&3; do
          _code=$(head -c "$_size" <&3)
          cd "$PWD" 2> /dev/null || cd /workspace
          command eval "$_code"
          printf '\036%s %03d\n' "$_nonce" "$?"
        done
        """;

    public const string Python =
        """
        def serve():
            import ast, builtins, linecache, os, sys, traceback, types
            asked = os.fdopen(os.dup(0), 'rb')
            os.dup2(os.open('/dev/null', os.O_RDONLY), 0)
            os.dup2(1, 2)
            sys.stdout.reconfigure(errors='replace', line_buffering=True)
            main = sys.modules['__main__'] = types.ModuleType('__main__')
            main.__dict__['__builtins__'] = builtins
            own, place, count = os.getpid(), '/workspace', 0
            while True:
                head = asked.readline().split()
                if not head:
                    return
                code = asked.read(int(head[1])).decode('utf-8', 'replace')
                count += 1
                name, status = '<call %d>' % count, 0
                linecache.cache[name] = (len(code), None, code.splitlines(True), name)
                try:
                    os.chdir(place)
                except OSError:
                    os.chdir('/workspace')
                try:
                    tree, last = compile(code, name, 'exec', ast.PyCF_ONLY_AST), None
                    if tree.body and isinstance(tree.body[-1], ast.Expr):
                        last = ast.Expression(tree.body.pop().value)
                    exec(compile(tree, name, 'exec'), main.__dict__)
                    if last is not None:
                        value = eval(compile(last, name, 'eval'), main.__dict__)
                        if value is not None:
                            print(repr(value))
                except SystemExit as end:
                    status = end.code if isinstance(end.code, int) else int(end.code is not None)
                    if isinstance(end.code, str):
                        print(end.code)
                except BaseException as error:
                    status = 1
                    trace = error.__traceback__.tb_next if error.__traceback__ else None
                    print(''.join(traceback.format_exception(type(error), error, trace)), end='')
                if os.getpid() != own:
                    os._exit(status & 255)
                for stream in (sys.stdout, sys.stderr):
                    try:
                        stream.flush()
                    except Exception:
                        pass
                try:
                    place = os.getcwd()
                except OSError:
                    pass
                os.write(1, b'\x1e%s %03d\n' % (head[0], status & 255))
        serve()
        """;

    public const string Node =
        """
        const fs = require('fs'), vm = require('vm'), util = require('util');
        const input = process.stdin, write = fs.writeSync, chdir = process.chdir, cwd = process.cwd;
        Object.defineProperty(process, 'stdin', { get: () => require('stream').Readable.from([]) });
        globalThis.require = require('module').createRequire('/workspace/');
        const tell = e => console.log(e instanceof Error ? e.stack : 'Thrown: ' + util.inspect(e));
        process.on('uncaughtException', tell);
        process.on('unhandledRejection', tell);
        let rest = Buffer.alloc(0), busy = false, place = '/workspace', count = 0;
        const run = code => {
          const name = `call-${++count}.js`;
          try {
            return vm.runInThisContext(code, { filename: name });
          } catch (e) {
            const isAwait = e instanceof SyntaxError ? /\bawait\b/.test(code) : e?.message === 'await is not defined';
            if (!isAwait) throw e;
            return vm.runInThisContext(`(async () => {${code}\n})()`, { filename: name });
          }
        };
        const next = async () => {
          const end = rest.indexOf(10);
          if (busy || end < 0) return;
          const [nonce, size] = rest.subarray(0, end).toString().split(' ');
          const all = end + 1 + Number(size);
          if (rest.length < all) return;
          const code = rest.subarray(end + 1, all).toString();
          rest = rest.subarray(all);
          busy = true;
          let status = '000';
          try {
            try { chdir(place); } catch { chdir('/workspace'); }
            let value = run(code);
            if (value instanceof Promise) value = await value;
            if (value !== undefined) console.log(util.inspect(value));
          } catch (e) {
            status = '001';
            tell(e);
          }
          try { place = cwd(); } catch { place = '/workspace'; }
          write(1, `\x1e${nonce} ${status}\n`);
          busy = false;
          setImmediate(next);
        };
        input.on('data', chunk => { rest = Buffer.concat([rest, chunk]); next(); });
        input.on('end', () => process.exit(0));
        """;
}
