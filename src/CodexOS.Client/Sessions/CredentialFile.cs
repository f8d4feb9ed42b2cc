using System.Text.Json;
using System.Text.Json.Serialization;
using CodexOS.Client.Contracts;

namespace CodexOS.Client.Sessions;

internal sealed record CredentialFile(
    string? DefaultServer, IReadOnlyDictionary<string, Credentials> Servers);

[JsonSourceGenerationOptions(
    JsonSerializerDefaults.Web, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(CredentialFile))]
internal sealed partial class CredentialJson : JsonSerializerContext;
