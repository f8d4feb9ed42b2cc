using System.Text.Json;
using System.Text.Json.Nodes;
using CodexOS.Cli.Contracts;
using CodexOS.Host;
using CodexOS.Identity.Contracts;
using CodexOS.Platform.Options;
using CodexOS.Tools.Contracts;

namespace CodexOS.Docs;

/// <summary>
/// Writes the pages that are made from the program itself: <c>codexos docs openapi</c>, <c>codexos docs configuration</c>,
/// <c>codexos docs permissions</c>, <c>codexos docs tools</c> and <c>codexos docs data</c>. <c>./run api</c> puts them into
/// the repository, and a test compares them. <c>codexos docs sbom</c> writes the bill of materials of the present checkout.
/// </summary>
internal static class GeneratedDocs
{
    private static readonly JsonSerializerOptions s_indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        NewLine = "\n",
    };

    /// <summary>Writes a page to standard output.</summary>
    public static async Task<int> WriteAsync(string page)
    {
        if (page == "sbom")
        {
            // It is made of the checkout that it is asked for in, and needs no server.
            await Console.Out.WriteAsync(SbomOf(Environment.CurrentDirectory));
            return 0;
        }

        var directory = Directory.CreateTempSubdirectory("codexos-docs-");
        try
        {
            var options = new ServeOptions(
                new Uri("http://127.0.0.1:0"), directory.FullName, [], [new("Logging:Console:LogLevel:Default", "None")]);
            await using var server = await ServerHost.StartAsync(options, CancellationToken.None, ApiDocumentText.AddGenerator);
            await Console.Out.WriteAsync(await ReadAsync(page, server.Services, CancellationToken.None));
            await server.StopAsync(CancellationToken.None);
            return 0;
        }
        finally
        {
            directory.Delete(recursive: true);
        }
    }

    /// <summary>The bill of materials of a checkout.</summary>
    public static string SbomOf(string repository) => BillOfMaterials.Of(repository).ToJsonString(s_indented) + "\n";

    /// <summary>The text of a page, from a running server.</summary>
    public static async Task<string> ReadAsync(
        string page, IServiceProvider services, CancellationToken cancellationToken) =>
        page switch
        {
            "openapi" => JsonNode.Parse(await ApiDocumentText.MakeAsync(services, cancellationToken))!
                .ToJsonString(s_indented) + "\n",
            "configuration" => ConfigurationPage.Write(services.GetServices<OptionsSection>()),
            "permissions" => PermissionsPage.Write(
                PermissionEntry.All, services.GetRequiredService<EndpointDataSource>().Endpoints),
            "tools" => ToolsPage.Write(services.GetServices<ITool>().Select(static tool => tool.Contract)),
            "data" => DataRegisterPage.Write(services),
            _ => throw new ArgumentException(
                $"There is no generated page '{page}': openapi, configuration, permissions, tools, data.", nameof(page)),
        };
}
