using System.Reflection;
using System.Text.Json;
using System.Text.RegularExpressions;
using CodexOS.Docs;
using CodexOS.Platform.Storage;
using CodexOS.Testing;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace CodexOS.ArchitectureTests;

/// <summary>What the classes of data and the page on fields demand, held against the code.</summary>
public sealed partial class ProtectedDataTests
{
    // They are compared with what a client shows later, live for minutes and open nothing alone.
    private static readonly string[] s_open = ["oauth_codes.challenge", "oauth_codes.nonce", "oauth_device_requests.user_code"];

    private static readonly string s_page = File.ReadAllText(Repository.In("docs", "security", "fields.md"));

    private static readonly JsonElement s_document =
        JsonElement.Parse(File.ReadAllText(Repository.In("openapi", "codexos.json")));

    [Fact]
    public void What_opens_something_lies_in_the_database_as_a_hash_or_sealed()
    {
        var open = DataRegister.Read(DataRegister.Contexts.Select(DataRegisterTests.ModelOf))
            .SelectMany(static table => table.Columns.Select(column => (table.Name, Column: column)))
            .Where(static each => each.Column.Class == DataClass.Restricted && each.Column.EncryptedWith is null)
            .Select(static each => $"{each.Name}.{each.Column.Name}")
            .Where(static name => !HashOrIndex().IsMatch(name));
        open.Order(StringComparer.Ordinal).ShouldBe(s_open);
    }

    [Fact]
    public void No_answer_has_a_field_that_opens_something_or_an_address_but_those_on_the_page()
    {
        var schemas = s_document.GetProperty("components").GetProperty("schemas");
        var found = Reached(schemas, "responses")
            .SelectMany(name => FieldsOf(schemas, name).Where(static field => Held().IsMatch(field))
                .Select(field => $"{name}.{field}"));
        var listed = Listed().Matches(s_page).Select(static match => match.Groups["field"].Value)
            .Where(static name => Held().IsMatch(name.Split('.')[1])).Distinct();
        found.Order(StringComparer.Ordinal)
            .ShouldBe(listed.Order(StringComparer.Ordinal), "The page lists each of them, with who is given it.");
    }

    [Fact]
    public void No_request_sets_what_the_server_sets()
    {
        var schemas = s_document.GetProperty("components").GetProperty("schemas");
        Reached(schemas, "requestBody")
            .Where(static name => !name.StartsWith("Scim", StringComparison.Ordinal))
            .SelectMany(name => FieldsOf(schemas, name).Where(static field => OfTheServer().IsMatch(field))
                .Select(field => $"{name}.{field}"))
            .ShouldBeEmpty();
    }

    [Fact]
    public void No_line_of_the_log_takes_a_row_or_what_is_confidential()
    {
        var lines = Modules.Map.Keys.Select(Modules.Load).SelectMany(static assembly => assembly.GetTypes())
            .SelectMany(static type => type.GetMethods(
                BindingFlags.DeclaredOnly | BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public
                | BindingFlags.NonPublic))
            .Where(static method => method.GetCustomAttribute<LoggerMessageAttribute>() is not null)
            .ToList();
        lines.Count.ShouldBeGreaterThan(80);
        lines.SelectMany(static line => line.GetParameters(), static (line, value) => (line, value))
            .Where(static each => IsRow(each.value.ParameterType) || Confidential().IsMatch(each.value.Name!))
            .Select(static each => $"{each.line.DeclaringType!.Name}.{each.line.Name} takes {each.value.Name}")
            .ShouldBeEmpty("Log ids, counts and codes.");
    }

    private static bool IsRow(Type type) =>
        type.GetProperties(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic)
            .Any(static property => property.GetCustomAttribute<DataClassAttribute>() is not null);

    /// <summary>The schemas that the answers or the bodies of all operations are made of.</summary>
    private static SortedSet<string> Reached(JsonElement schemas, string part)
    {
        var reached = new SortedSet<string>(StringComparer.Ordinal);
        var operations = s_document.GetProperty("paths").EnumerateObject()
            .SelectMany(static path => path.Value.EnumerateObject());
        foreach (var operation in operations)
        {
            if (operation.Value.ValueKind is JsonValueKind.Object && operation.Value.TryGetProperty(part, out var body))
                Follow(body);
        }

        return reached;

        void Follow(JsonElement element)
        {
            foreach (Match match in Reference().Matches(element.GetRawText()))
            {
                var name = match.Groups["name"].Value;
                if (reached.Add(name)) Follow(schemas.GetProperty(name));
            }
        }
    }

    private static IEnumerable<string> FieldsOf(JsonElement schemas, string name) =>
        schemas.GetProperty(name).TryGetProperty("properties", out var fields)
            ? fields.EnumerateObject().Select(static field => field.Name)
            : [];

    [GeneratedRegex("(_hash|_index)$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex HashOrIndex();

    [GeneratedRegex(
        "(secret|password|seed|ticket|challenge|credential|email)|^(key|token|accessToken|refreshToken|codes)$",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Held();

    [GeneratedRegex("`(?<field>[A-Z][A-Za-z0-9]+\\.[a-z][A-Za-z]+)`", RegexOptions.NonBacktracking)]
    private static partial Regex Listed();

    [GeneratedRegex(
        "^(tenantId|userId|createdAt|createdBy|changedAt|changedBy|revokedAt|lastUsedAt|builtIn|owner|hash)$",
        RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex OfTheServer();

    [GeneratedRegex(
        "(secret|password|passphrase|token|seed|hash|email|prompt|cookie|header|body|content|displayName|^input$|^answer$|^text$)",
        RegexOptions.NonBacktracking | RegexOptions.IgnoreCase | RegexOptions.ExplicitCapture)]
    private static partial Regex Confidential();

    [GeneratedRegex("\"#/components/schemas/(?<name>[^\"]+)\"", RegexOptions.NonBacktracking)]
    private static partial Regex Reference();
}
