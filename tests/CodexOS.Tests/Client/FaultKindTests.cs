using System.Text.Json;
using CodexOS.Client.Contracts;
using Shouldly;
using Xunit;
using ServerKind = CodexOS.Platform.Faults.FaultKind;
using ServerTable = CodexOS.Platform.Faults.FaultTable;

namespace CodexOS.Tests.Client;

public sealed class FaultKindTests
{
    [Theory]
    [InlineData("invalid", 2)]
    [InlineData("notSignedIn", 3)]
    [InlineData("notAllowed", 4)]
    [InlineData("notFound", 5)]
    [InlineData("conflict", 6)]
    [InlineData("gone", 6)]
    [InlineData("tooLarge", 7)]
    [InlineData("limitReached", 7)]
    [InlineData("throttled", 8)]
    [InlineData("unavailable", 9)]
    [InlineData("upstream", 9)]
    [InlineData("timeout", 10)]
    [InlineData("storageFull", 11)]
    [InlineData("cancelled", 12)]
    [InlineData("internal", 1)]
    public void Each_kind_has_its_word_and_its_exit_code(string word, int exitCode)
    {
        var kind = JsonSerializer.Deserialize<FaultKind>($"\"{word}\"");

        kind.ExitCode().ShouldBe(exitCode);
        JsonSerializer.Serialize(kind).ShouldBe($"\"{word}\"");
    }

    [Fact]
    public void The_table_is_the_servers_table()
    {
        foreach (var server in Enum.GetValues<ServerKind>())
        {
            var (status, exitCode, _) = ServerTable.Of(server);
            var here = Enum.Parse<FaultKind>(server.ToString());
            here.ExitCode().ShouldBe(exitCode, server.ToString());
            // A cancelled run and a conflict share a status; over HTTP they are the same to the caller.
            if (server != ServerKind.Cancelled) FaultKinds.OfStatus(status).ShouldBe(here);
        }
    }

    [Fact]
    public void A_word_of_a_newer_server_is_unknown_and_no_error() =>
        JsonSerializer.Deserialize<FaultKind>("\"somethingNew\"").ShouldBe(FaultKind.Unknown);
}
