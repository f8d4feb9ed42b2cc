using System.Text;
using CodexOS.Sandbox.Execution;
using CodexOS.Sandbox.Interpreters;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox;

public sealed class MarkedOutputTests
{
    private const string Nonce = "00112233445566778899aabbccddeeff";

    [Fact]
    public void A_mark_is_found_however_it_is_cut_to_pieces()
    {
        var all = Encoding.UTF8.GetBytes($"täxt\u001e{Nonce} 0x7\n\u001e\u001e{Nonce} 042\n");
        for (var cut = 0; cut <= all.Length; cut++)
        {
            for (var second = cut; second <= all.Length; second++)
            {
                var output = new OutputBuffer(4096, static _ => { });
                var marked = new MarkedOutput(output, Nonce);
                var status = marked.Add(all.AsSpan(0, cut))
                    ?? marked.Add(all.AsSpan(cut, second - cut)) ?? marked.Add(all.AsSpan(second));
                status.ShouldBe(42);
                output.Finish().Text.ShouldBe($"täxt\u001e{Nonce} 0x7\n\u001e");
            }
        }
    }

    [Fact]
    public void What_is_no_mark_is_passed_on_at_once_and_what_could_become_one_at_the_end()
    {
        var seen = new StringBuilder();
        var output = new OutputBuffer(4096, text => seen.Append(text));
        var marked = new MarkedOutput(output, Nonce);
        marked.Add(Encoding.UTF8.GetBytes($"\u001e{Nonce[..^1]}0 000\nshown\u001e{Nonce} 0")).ShouldBeNull();
        seen.ToString().ShouldEndWith("shown");
        marked.End();
        seen.ToString().ShouldEndWith($"shown\u001e{Nonce} 0");
    }
}
