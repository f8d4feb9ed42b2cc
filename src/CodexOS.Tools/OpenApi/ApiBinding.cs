using System.Collections.Immutable;
using System.Text.Json;
using CodexOS.Platform.Http;
using CodexOS.Tools.Connections;

namespace CodexOS.Tools.OpenApi;

/// <summary>How a call of an operation becomes a request.</summary>
/// <param name="Method">The HTTP method.</param>
/// <param name="Address">The address of the API that the path stands under.</param>
/// <param name="Path">The path with names in braces.</param>
/// <param name="Parameters">What fills the path, the query and headers.</param>
/// <param name="Body">The argument that is sent, if one is.</param>
internal sealed record ApiBinding(
    string Method, string Address, string Path, ImmutableArray<ApiParameter> Parameters, ApiBody? Body)
{
    public static ApiBinding Of(ToolDefinition definition) => definition.Binding.Deserialize<ApiBinding>(Json.Options)!;
}

/// <summary>A parameter of an operation.</summary>
/// <param name="Argument">What the tool's argument is called.</param>
/// <param name="Name">What the API calls it.</param>
/// <param name="Place">Where it goes.</param>
/// <param name="Style">How lists and objects are written.</param>
/// <param name="Explode">Whether each of their members stands for itself.</param>
internal sealed record ApiParameter(string Argument, string Name, ApiPlace Place, ApiStyle Style, bool Explode);

/// <summary>Where a parameter goes.</summary>
internal enum ApiPlace
{
    Path,
    Query,
    Header,
}

/// <summary>How a parameter is written.</summary>
internal enum ApiStyle
{
    /// <summary>Members with commas between them.</summary>
    Simple,

    /// <summary>As forms are: <c>name=value</c>.</summary>
    Form,

    /// <summary>Members with spaces between them.</summary>
    SpaceDelimited,

    /// <summary>Members with bars between them.</summary>
    PipeDelimited,

    /// <summary>An object as <c>name[member]=value</c>.</summary>
    DeepObject,

    /// <summary>As JSON.</summary>
    Json,
}

/// <summary>What is sent.</summary>
/// <param name="Argument">The tool's argument.</param>
/// <param name="MediaType">How it is written.</param>
internal sealed record ApiBody(string Argument, string MediaType)
{
    public const string Form = "application/x-www-form-urlencoded";
}
