using System.Text;

namespace CodexOS.IntegrationTests.Cli;

/// <summary>Collects what is written, from any thread, and signals when a text has appeared.</summary>
internal sealed class SynchronizedWriter : TextWriter
{
    private readonly Lock _lock = new();
    private readonly StringBuilder _text = new();
    private readonly List<(string Text, TaskCompletionSource Shown)> _awaited = [];

    public override Encoding Encoding => Encoding.UTF8;

    public override void Write(char value) => Write(value.ToString());

    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));

    public override void Write(string? value)
    {
        lock (_lock)
        {
            _text.Append(value);
            var all = _text.ToString();
            foreach (var (text, shown) in _awaited)
            {
                if (all.Contains(text, StringComparison.Ordinal)) shown.TrySetResult();
            }
        }
    }

    public override void WriteLine(string? value) => Write(value + "\n");

    public override void WriteLine() => Write("\n");

    public Task ShowsAsync(string text)
    {
        lock (_lock)
        {
            if (_text.ToString().Contains(text, StringComparison.Ordinal)) return Task.CompletedTask;
            var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _awaited.Add((text, shown));
            return shown.Task;
        }
    }

    public override string ToString()
    {
        lock (_lock) return _text.ToString();
    }
}
