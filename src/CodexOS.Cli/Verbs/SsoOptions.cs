using System.CommandLine;
using CodexOS.Client.Contracts;

namespace CodexOS.Cli.Verbs;

/// <summary>The options that make and change a connection.</summary>
internal sealed class SsoOptions(bool isNew)
{
    private readonly Option<string?> _issuer = new("--issuer")
    {
        Description = "The provider's issuer, to the letter",
        HelpName = "URL",
        Required = isNew,
    };

    private readonly Option<string?> _clientId = new("--client-id")
    {
        Description = "What the provider knows this server as",
        Required = isNew,
    };

    private readonly Option<string?> _scopes = new("--scopes")
    {
        Description = "What to ask for, \"openid email profile\" by default",
    };

    private readonly Option<string?> _groupsClaim = new("--groups-claim")
    {
        Description = "The claim that lists a person's groups, \"groups\" by default",
    };

    private readonly Option<string[]?> _groups = new("--group")
    {
        Description = "A group and the role that it gives, GROUP=ROLE; the first that fits counts",
        HelpName = "GROUP=ROLE",
        AllowMultipleArgumentsPerToken = true,
    };

    private readonly Option<string?> _role = new("--default-role")
    {
        Description = "The role of whoever is in none of the groups; empty refuses them",
    };

    private readonly Option<bool?> _provisioning = new("--provisioning") { Description = "Give whoever has no account one" };

    private readonly Option<bool?> _enforced = new("--enforced")
    {
        Description = "Refuse passwords of members with an address in its domains, owners apart",
    };

    private readonly Option<bool?> _enabled = new("--enabled") { Description = "Use the connection" };

    private readonly Option<bool?> _acceptsSecondFactor = new("--accept-second-factor")
    {
        Description = "Let a second factor that was given at the provider count here",
    };

    private readonly Option<string?> _acr = new("--second-factor-acr") { Description = "The acr value that stands for one" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])
            [
                _issuer, _clientId, _scopes, _groupsClaim, _groups, _role, _provisioning, _enforced, _enabled,
                _acceptsSecondFactor, _acr,
            ])
        {
            command.Add(option);
        }

        _groups.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
            {
                if (token.Value.LastIndexOf('=') is var at && (at <= 0 || at == token.Value.Length - 1))
                    result.AddError($"'{token.Value}' is not a group and a role, such as makers=developer.");
            }
        });
    }

    public SsoSettings Read(ParseResult parsed) => new(
        Issuer: parsed.GetValue(_issuer),
        ClientId: parsed.GetValue(_clientId),
        Scopes: parsed.GetValue(_scopes),
        GroupsClaim: parsed.GetValue(_groupsClaim),
        GroupRoles: parsed.GetValue(_groups) is { Length: > 0 } groups ? [.. groups.Select(GroupOf)] : null,
        DefaultRole: parsed.GetValue(_role),
        Provisioning: parsed.GetValue(_provisioning),
        Enforced: parsed.GetValue(_enforced),
        Enabled: parsed.GetValue(_enabled),
        AcceptsSecondFactor: parsed.GetValue(_acceptsSecondFactor),
        SecondFactorAcr: parsed.GetValue(_acr));

    private static SsoGroupRole GroupOf(string text)
    {
        var at = text.LastIndexOf('=');
        return new SsoGroupRole(text[..at], text[(at + 1)..]);
    }
}
