using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using CodexOS.Testing.Mail;
using CodexOS.Testing.Servers;
using MimeKit;
using Shouldly;
using Xunit;

namespace CodexOS.IntegrationTests.Identity;

/// <summary>Names and addresses that would write into a mail's head or its envelope, by the flows that send mail.</summary>
public sealed class HostileMailTests
{
    private const string Invitations = "/api/v1/invitations";

    // The head of each mail has these fields, and no other.
    private static readonly string[] s_fields =
        ["From", "To", "Subject", "Date", "Message-Id", "Auto-Submitted", "MIME-Version", "Content-Type"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("Home\r\nBcc: eve@evil.example", "Home  Bcc: eve@evil.example")]
    [InlineData("Home\nBcc: eve@evil.example\n\nAnother text", "Home Bcc: eve@evil.example  Another text")]
    [InlineData("Home\r\n.\r\nMAIL FROM:<eve@evil.example>", "Home  .  MAIL FROM:<eve@evil.example>")]
    [InlineData("=?utf-8?q?Home=0D=0ABcc:_eve@evil.example?=", null)]
    [InlineData("=?utf-8?b?SG9tZQ0KQmNjOiBldmVAZXZpbC5leGFtcGxl?=", null)]
    [InlineData("Ho\u2028me\u0085 \u001b[2Jand", "Ho me   [2Jand")]
    [InlineData("\"Home\", <eve@evil.example>,", "\"Home\", <eve@evil.example>,")]
    public async Task Names_write_nothing_into_the_head_or_the_envelope_of_a_mail(string name, string? shown)
    {
        await using var smtp = new SmtpServer();
        await using var server = await CodexServer.StartAsync(settings: smtp.Settings, cancellationToken: Token);
        using var installation = await server.SignInAsync(Token);
        using var owner = await OwnerOfAsync(server, installation, name);

        (await owner.PostAsJsonAsync(Invitations, new { email = "bob@example.org", role = "viewer" }, Token))
            .StatusCode.ShouldBe(HttpStatusCode.Created);

        var mail = await smtp.ReceiveAsync(Token);
        mail.Recipients.ShouldBe(["bob@example.org"]);
        mail.Commands.Count(static line => line.StartsWith("MAIL FROM:", StringComparison.OrdinalIgnoreCase)).ShouldBe(1);
        using var message = await MimeMessage.LoadAsync(new MemoryStream(mail.Content), Token);
        ShouldBeOrdinary(message, "bob@example.org");
        if (shown is not null) message.Subject.ShouldBe($"Join {shown} on CodexOS");
        message.TextBody.ShouldNotBeNull().ReplaceLineEndings("\n").ShouldStartWith(
            $"{shown ?? name} invites you to join {shown ?? name} on CodexOS.\n\nOpen this link");
        smtp.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_name_of_the_greatest_length_stays_in_one_field_also_in_a_file()
    {
        await using var server = await CodexServer.StartAsync(cancellationToken: Token);
        using var installation = await server.SignInAsync(Token);
        var name = string.Concat(Enumerable.Repeat("Zürich\r\n", 12)) + "Bcc:";
        using var owner = await OwnerOfAsync(server, installation, name);

        (await owner.PostAsJsonAsync(Invitations, new { email = "bob@example.org", role = "viewer" }, Token))
            .StatusCode.ShouldBe(HttpStatusCode.Created);

        var file = Directory.GetFiles(Path.Combine(server.DataPath, "mail"), "*.eml").ShouldHaveSingleItem();
        using var message = await MimeMessage.LoadAsync(file, Token);
        ShouldBeOrdinary(message, "bob@example.org");
        message.Subject.ShouldBe($"Join {name.Replace("\r\n", "  ", StringComparison.Ordinal)} on CodexOS");
    }

    [Fact]
    public async Task What_is_not_one_plain_address_is_refused_and_no_mail_leaves()
    {
        await using var smtp = new SmtpServer();
        await using var server = await CodexServer.StartAsync(settings: smtp.Settings, cancellationToken: Token);
        using var owner = await server.SignInAsync(Token);
        foreach (var email in (string[])
            [
                "bob@example.org\r\nBcc: eve", "bob@example.org\nRCPT TO:<eve>", "bob\r\n@example.org", "bob@exam\0ple.org",
                "bob@example.org, eve", "bob@example.org,eve@evil.example", "eve,bob@example.org", "bob@example.org;eve",
                "Bob <bob@example.org>", "<bob@example.org>", "bob@example.org> NOTIFY=SUCCESS", "bob@example.org (eve)",
                "group: bob@example.org;", "@evil.example:bob", "bob @example.org", "bob@exam\u2028ple.org",
                "bob@", "@example.org", new string('b', 250) + "@example.org",
            ])
        {
            using var answer = await owner.PostAsJsonAsync(Invitations, new { email, role = "viewer" }, Token);
            answer.StatusCode.ShouldBe(HttpStatusCode.BadRequest, email);
            (await answer.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("errors").TryGetProperty("email", out _)
                .ShouldBeTrue(email);
        }

        (await owner.GetFromJsonAsync<JsonElement>(Invitations, Token)).GetProperty("items").GetArrayLength().ShouldBe(0);
        foreach (var email in (string[])["bob+codexos@example.org", "o'hara@example.org", "bob@xn--mnchen-3ya.example"])
        {
            (await owner.PostAsJsonAsync(Invitations, new { email, role = "viewer" }, Token)).StatusCode
                .ShouldBe(HttpStatusCode.Created, email);
            var mail = await smtp.ReceiveAsync(Token);
            mail.Recipients.ShouldBe([email]);
        }

        smtp.IsEmpty.ShouldBeTrue();
    }

    [Fact]
    public async Task A_link_for_a_new_password_goes_to_the_account_s_own_address_and_to_no_other_that_was_given_with_it()
    {
        await using var smtp = new SmtpServer();
        await using var server = await CodexServer.StartAsync(
            settings: [.. smtp.Settings, "Identity:FailuresPerAddressMax=10000"], cancellationToken: Token);
        using var owner = await server.SignInAsync(Token);
        const string Ada = CodexServer.AdministratorEmail;
        foreach (var email in (string[])
            [$"{Ada}\r\nBcc: eve@evil.example", $"{Ada},eve@evil.example", $"<{Ada}>", $"eve@evil.example\0{Ada}", Ada.ToUpperInvariant()])
        {
            using var answer = await server.Client.PostAsJsonAsync("/api/v1/auth/password/forgotten", new { email }, Token);
        }

        // Wishes are looked up one after the other, and the good one came last.
        var mail = await smtp.ReceiveAsync(Token);
        mail.Recipients.ShouldBe([Ada]);
        using var message = await MimeMessage.LoadAsync(new MemoryStream(mail.Content), Token);
        ShouldBeOrdinary(message, Ada);
        message.Subject.ShouldBe("Choose a new password for CodexOS");
        smtp.IsEmpty.ShouldBeTrue();
    }

    private static void ShouldBeOrdinary(MimeMessage message, string to)
    {
        message.To.Mailboxes.ShouldHaveSingleItem().Address.ShouldBe(to);
        message.To.Count.ShouldBe(1);
        message.Headers.Select(static header => header.Field).Concat(message.Body!.Headers.Select(static header => header.Field))
            .Except(["Content-Transfer-Encoding"], StringComparer.OrdinalIgnoreCase).Distinct(StringComparer.OrdinalIgnoreCase)
            .ShouldBe(s_fields, ignoreOrder: true);
        message.From.Mailboxes.ShouldHaveSingleItem().Address.ShouldBe("codexos@localhost");
    }

    /// <summary>The owner of a further tenant; both have the name.</summary>
    private static async Task<HttpClient> OwnerOfAsync(CodexServer server, HttpClient installation, string name)
    {
        using var made = await installation.PostAsJsonAsync("/api/v1/tenants", new { name }, Token);
        made.StatusCode.ShouldBe(HttpStatusCode.Created, await made.Content.ReadAsStringAsync(Token));
        var link = (await made.Content.ReadFromJsonAsync<JsonElement>(Token)).GetProperty("ownerLink").GetProperty("path");
        using var answer = await server.Client.PostAsJsonAsync("/api/v1/setup", new
        {
            token = Administrator.TokenOf(link.GetString()!),
            email = "grace@example.org",
            displayName = name,
            password = CodexServer.AdministratorPassword,
            transport = "body",
        }, Token);
        return await Administrator.SignedInAsync(server.Url, answer, Token);
    }
}
