using System.Text;
using CodexOS.Sandbox.Execution;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox;

public sealed class SandboxStatusTests
{
    private const string Report = "{ \"child-pid\": 16433, \"net-namespace\": 4026532184 }\n{ \"exit-code\": 137 }\n";

    [Fact]
    public void A_report_in_fragments_is_read_when_it_is_complete()
    {
        var status = new SandboxStatus();
        foreach (var one in Encoding.ASCII.GetBytes(Report))
        {
            // Half a number would name another process.
            status.Child.ShouldBeOneOf(null, 16433);
            status.ExitCode.ShouldBeOneOf(null, 137);
            status.Add([one]);
        }

        status.Child.ShouldBe(16433);
        status.ExitCode.ShouldBe(137);
    }

    [Fact]
    public void A_sandbox_that_was_not_set_up_has_no_exit_code()
    {
        var status = new SandboxStatus();
        status.Add("{ \"child-pid\": 5 }\n"u8);
        status.ExitCode.ShouldBeNull();
    }
}
