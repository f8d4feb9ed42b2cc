using System.Reflection;

namespace CodexOS.Client.Http;

/// <summary>This client's version, as it presents itself.</summary>
internal static class ClientVersion
{
    public static string Text { get; } =
        typeof(ClientVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?
            .InformationalVersion ?? "0";
}
