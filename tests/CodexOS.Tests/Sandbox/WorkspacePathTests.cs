using CodexOS.Sandbox.Workspaces;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Sandbox;

public sealed class WorkspacePathTests
{
    [Theory]
    [InlineData(null, "")]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("./a//b/./c/", "a/b/c")]
    [InlineData("...", "...")]
    [InlineData("a..b", "a..b")]
    [InlineData("with space\nand line", "with space\nand line")]
    public void A_relative_path_is_taken_in_plain_form(string? given, string plain) =>
        WorkspacePath.Parse(given).Value.Value.ShouldBe(plain);

    [Theory]
    [InlineData("/")]
    [InlineData("/etc")]
    [InlineData("..")]
    [InlineData("a/../b")]
    [InlineData("a/..")]
    [InlineData("a\0")]
    public void A_path_that_could_lead_out_is_refused(string given) =>
        WorkspacePath.Parse(given).Fault.Code.ShouldBe("sandbox.bad_path");

    [Fact]
    public void A_path_that_the_kernel_would_not_take_is_refused()
    {
        WorkspacePath.Parse(new string('n', 256)).Fault.Code.ShouldBe("sandbox.bad_path");
        WorkspacePath.Parse(string.Concat(Enumerable.Repeat("n/", 3000))).Fault.Code.ShouldBe("sandbox.bad_path");
        WorkspacePath.Parse(new string('ä', 128)).Fault.Code.ShouldBe("sandbox.bad_path");
    }

    [Theory]
    [InlineData(".git", true)]
    [InlineData(".git/config", true)]
    [InlineData("sub/.Git/hooks/x", true)]
    [InlineData(".git./config", true)]
    [InlineData(".gitignore", false)]
    [InlineData(".github/workflows/x", false)]
    public void The_repositorys_own_files_are_recognised(string path, bool isGits) =>
        WorkspacePath.Parse(path).Value.IsGitsOwn.ShouldBe(isGits);
}
