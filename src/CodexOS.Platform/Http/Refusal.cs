using System.Text.RegularExpressions;
using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Platform.Http;

/// <summary>
/// What a request was refused for, kept on the request so that the log can say it: the stable code, and the names of the fields
/// that were not valid. What stood in them is not kept.
/// </summary>
/// <param name="Code">The fault's code.</param>
/// <param name="Fields">The names of the fields, as the API calls them; at most <see cref="FieldsMax"/>.</param>
public sealed partial record Refusal(string Code, IReadOnlyList<string> Fields)
{
    /// <summary>How many names of fields are kept.</summary>
    public const int FieldsMax = 10;

    private const int NameLengthMax = 64;

    /// <summary>What a request was refused for; null if nothing said it.</summary>
    public static Refusal? Of(HttpContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.Features.Get<Refusal>();
    }

    /// <summary>Keeps what a request is refused for.</summary>
    /// <param name="context">The request.</param>
    /// <param name="code">The fault's code.</param>
    /// <param name="fields">
    /// Which fields were not valid. Keys that a caller can choose stand in brackets, and are left out; so is what cannot be the
    /// name of a field.
    /// </param>
    public static void Note(HttpContext context, string code, params IEnumerable<string> fields)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.Features.Set(new Refusal(
            code,
            [
                .. fields.Select(static name => InBrackets().Replace(name, "[]"))
                    .Where(static name => name.Length is > 0 and <= NameLengthMax && IsName().IsMatch(name))
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(FieldsMax),
            ]));
    }

    /// <summary>An answer in another form than a problem, which keeps what it refuses.</summary>
    public static IResult With(IResult answer, Fault fault) => new Noted(answer, fault.Code);

    [GeneratedRegex(@"\[[^\]]*\]", RegexOptions.NonBacktracking)]
    private static partial Regex InBrackets();

    [GeneratedRegex(@"^[A-Za-z0-9_$.\[\]-]+$", RegexOptions.NonBacktracking)]
    private static partial Regex IsName();

    private sealed class Noted(IResult answer, string code) : IResult
    {
        public Task ExecuteAsync(HttpContext httpContext)
        {
            Note(httpContext, code);
            return answer.ExecuteAsync(httpContext);
        }
    }
}
