using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Identity.Contracts;
using CodexOS.Identity.Passkeys;
using CodexOS.Identity.Storage;
using CodexOS.Platform.Ids;
using CodexOS.Testing.Passkeys;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Identity;

public sealed class PasskeyTests
{
    private static readonly RelyingParty s_party = new("codexos.example.org", "https://codexos.example.org");
    private static readonly UserId s_user = UserId.New(TimeProvider.System);

    [Theory]
    [InlineData("https://codexos.example.org", "codexos.example.org", "https://codexos.example.org")]
    [InlineData("https://CodexOS.example.org:8443/base/", "codexos.example.org", "https://codexos.example.org:8443")]
    [InlineData("http://localhost:7420", "localhost", "http://localhost:7420")]
    [InlineData("https://münchen.example", "xn--mnchen-3ya.example", "https://xn--mnchen-3ya.example")]
    public void The_relying_party_follows_from_the_address_of_the_server(string address, string id, string origin) =>
        RelyingParty.Of(new Uri(address)).ShouldBe(new RelyingParty(id, origin));

    [Theory]
    [InlineData("http://codexos.example.org")]
    [InlineData("http://notlocalhost")]
    [InlineData("https://127.0.0.1:7420")]
    [InlineData("http://127.0.0.1:7420")]
    [InlineData("https://[::1]")]
    public void Where_browsers_offer_no_passkeys_there_is_no_relying_party(string address) =>
        RelyingParty.Of(new Uri(address)).ShouldBeNull();

    [Theory]
    [InlineData(0, 0, true)]
    [InlineData(0, 1, true)]
    [InlineData(7, 8, true)]
    [InlineData(7, 7, false)]
    [InlineData(7, 6, false)]
    [InlineData(7, 0, false)]
    public void A_counter_goes_on_or_the_device_does_not_count(long known, long shown, bool isGood) =>
        Credential.CountsOn(known, shown).ShouldBe(isGood);

    [Theory]
    [InlineData("""{"id":"AQID"}""", true)]
    [InlineData("""{"id":""}""", false)]
    [InlineData("""{"id":"not base64!"}""", false)]
    [InlineData("""{"id":5}""", false)]
    [InlineData("{}", false)]
    [InlineData("[]", false)]
    [InlineData("null", false)]
    public void The_id_of_a_credential_is_text_in_base64url(string answer, bool isOne) =>
        (Credential.IdOf(JsonElement.Parse(answer)) is not null).ShouldBe(isOne);

    [Fact]
    public void An_id_has_at_most_1023_bytes()
    {
        static JsonElement Of(int length) => JsonSerializer.SerializeToElement(
            new { id = Convert.ToBase64String(new byte[length]).TrimEnd('=') });
        Credential.IdOf(Of(1023))!.Length.ShouldBe(1023);
        Credential.IdOf(Of(1024)).ShouldBeNull();
        Credential.IdOf(Of(100_000)).ShouldBeNull();
    }

    [Fact]
    public void Of_transports_only_a_few_plain_words_are_kept() =>
        Credential.WriteTransports(
            [
                "internal", "hybrid", "internal", "a b", "", new string('x', 21), "smart-card", "<script>",
                .. Enumerable.Range(0, 30).Select(static i => new string('q', 1 + (i % 20))),
            ])
            .Split(' ').ShouldBe(["internal", "hybrid", "smart-card", "q", "qq", "qqq", "qqqq", "qqqqq"]);

    [Fact]
    public async Task What_is_asked_for_needs_a_verified_user_and_a_key_that_finds_its_account_and_no_attestation()
    {
        var question = await CeremonyOf().AskForNewAsync(new PasskeyHolder(s_user.ToString(), []), "ada@example.org", "Ada");

        var options = question.Options;
        options.GetProperty("rp").GetProperty("id").GetString().ShouldBe("codexos.example.org");
        options.GetProperty("rp").GetProperty("name").GetString().ShouldBe("CodexOS");
        options.GetProperty("user").GetProperty("name").GetString().ShouldBe("ada@example.org");
        options.GetProperty("attestation").GetString().ShouldBe("none");
        var selection = options.GetProperty("authenticatorSelection");
        selection.GetProperty("userVerification").GetString().ShouldBe("required");
        selection.GetProperty("residentKey").GetString().ShouldBe("required");
        var algorithms = options.GetProperty("pubKeyCredParams").EnumerateArray()
            .Select(static one => one.GetProperty("alg").GetInt32()).ToList();
        algorithms.ShouldBeSubsetOf([-7, -35, -36, -37, -38, -39, -257, -258, -259]);
        algorithms.ShouldContain(-7);
        algorithms.ShouldContain(-257);
        // What the server keeps of it says nothing about the person.
        question.State.ShouldNotContain("ada", Case.Insensitive);
        (await CeremonyOf().AskAsync(holder: null)).Options.GetProperty("allowCredentials").GetArrayLength().ShouldBe(0);
    }

    [Fact]
    public async Task A_key_that_was_added_signs_in()
    {
        using var device = new SoftwareAuthenticator { Syncs = true };
        var row = await AddAsync(device);
        row.IsBackupEligible.ShouldBeTrue();

        var answered = await SignInAsync(device, row);

        answered.Passkey.ShouldNotBeNull(answered.Reason).IsBackedUp.ShouldBeTrue();
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("subdomain")]
    [InlineData("frame")]
    [InlineData("party")]
    [InlineData("type")]
    [InlineData("untouched")]
    [InlineData("unverified")]
    [InlineData("another account")]
    [InlineData("another credential")]
    [InlineData("another key")]
    [InlineData("backup")]
    public async Task An_answer_with_something_wrong_in_it_is_refused(string what)
    {
        using var device = new SoftwareAuthenticator();
        var row = await AddAsync(device);
        using var other = new SoftwareAuthenticator();
        var another = await AddAsync(other);

        Lie(device, what);
        if (what is "another account") device.UserHandle = UserId.New(TimeProvider.System).ToString();
        if (what is "backup") device.Syncs = true;
        var answered = what switch
        {
            "another credential" => await SignInAsync(device, another),
            // The id of one key, the signature of another.
            "another key" => await SignInAsync(device, row, answer => answer["response"]!["signature"] = "AAAA"),
            _ => await SignInAsync(device, row),
        };

        answered.Passkey.ShouldBeNull();
        answered.Reason.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("origin")]
    [InlineData("subdomain")]
    [InlineData("frame")]
    [InlineData("party")]
    [InlineData("type")]
    [InlineData("untouched")]
    [InlineData("unverified")]
    public async Task A_new_key_that_was_made_otherwise_than_asked_is_refused(string what)
    {
        using var device = new SoftwareAuthenticator();
        Lie(device, what);
        var ceremony = CeremonyOf();
        var question = await ceremony.AskForNewAsync(new PasskeyHolder(s_user.ToString(), []), "ada@example.org", "Ada");

        (await ceremony.ReadNewAsync(JsonSerializer.SerializeToElement(device.Create(question.Options)), question.State))
            .Passkey.ShouldBeNull();
    }

    [Fact]
    public async Task The_answer_to_one_question_is_none_to_another()
    {
        using var device = new SoftwareAuthenticator();
        var row = await AddAsync(device);
        var ceremony = CeremonyOf();
        var (first, second) = (await ceremony.AskAsync(holder: null), await ceremony.AskAsync(holder: null));
        var answer = JsonSerializer.SerializeToElement(device.Get(first.Options));

        (await ceremony.CheckAsync(answer, second.State, HolderOf(row))).Passkey.ShouldBeNull();
        (await ceremony.CheckAsync(answer, first.State, HolderOf(row))).Passkey.ShouldNotBeNull();
    }

    [Theory]
    [InlineData("""{}""")]
    [InlineData("""[]""")]
    [InlineData("""null""")]
    [InlineData("""{"id":"AQID","rawId":"AQID","type":"public-key","response":null}""")]
    [InlineData(
        """
        {
          "id": "AQID", "rawId": "AQID", "type": "public-key", "clientExtensionResults": {},
          "response": {"attestationObject": "oA", "authenticatorData": "AA", "clientDataJSON": "AA", "signature": "AA"}
        }
        """)]
    public async Task Nonsense_is_refused_and_throws_nothing(string answer)
    {
        var ceremony = CeremonyOf();
        var asked = await ceremony.AskAsync(holder: null);
        var holder = new PasskeyHolder(s_user.ToString(), []);
        (await ceremony.CheckAsync(JsonElement.Parse(answer), asked.State, holder)).Passkey.ShouldBeNull();
        var wanted = await ceremony.AskForNewAsync(holder, "ada@example.org", "Ada");
        (await ceremony.ReadNewAsync(JsonElement.Parse(answer), wanted.State)).Passkey.ShouldBeNull();
    }

    private static PasskeyCeremony CeremonyOf() => new(s_party, "CodexOS", TimeSpan.FromMinutes(5));

    private static PasskeyHolder HolderOf(PasskeyRow row) => new(row.UserId.ToString(), [Credential.ForLibrary(row)]);

    private static void Lie(SoftwareAuthenticator device, string what)
    {
        switch (what)
        {
            case "origin":
                device.Origin = "https://codexos.example.net";
                device.RelyingParty = s_party.Id;
                break;
            case "subdomain":
                device.Origin = "https://evil.codexos.example.org";
                device.RelyingParty = s_party.Id;
                break;
            case "frame": device.IsFramed = true; break;
            case "party": device.RelyingParty = "example.org"; break;
            case "type": device.Type = "payment.get"; break;
            case "untouched": device.IsTouched = false; break;
            case "unverified": device.VerifiesUser = false; break;
            default: break;
        }
    }

    private static async Task<PasskeyAnswered> SignInAsync(
        SoftwareAuthenticator device, PasskeyRow row, Action<JsonObject>? change = null)
    {
        var ceremony = CeremonyOf();
        var question = await ceremony.AskAsync(holder: null);
        var answer = device.Get(question.Options);
        change?.Invoke(answer);
        return await ceremony.CheckAsync(JsonSerializer.SerializeToElement(answer), question.State, HolderOf(row));
    }

    private static async Task<PasskeyRow> AddAsync(SoftwareAuthenticator device)
    {
        var ceremony = CeremonyOf();
        var question = await ceremony.AskForNewAsync(new PasskeyHolder(s_user.ToString(), []), "ada@example.org", "Ada");
        var answered = await ceremony.ReadNewAsync(
            JsonSerializer.SerializeToElement(device.Create(question.Options)), question.State);
        var made = answered.Passkey.ShouldNotBeNull(answered.Reason);
        return new PasskeyRow
        {
            PasskeyId = PasskeyId.New(TimeProvider.System),
            UserId = s_user,
            CredentialId = made.CredentialId,
            PublicKey = made.PublicKey,
            SignatureCounter = made.SignCount,
            Transports = Credential.WriteTransports(made.Transports),
            IsBackupEligible = made.IsBackupEligible,
            IsBackedUp = made.IsBackedUp,
            Name = "laptop",
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
    }
}
