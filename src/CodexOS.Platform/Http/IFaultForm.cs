using CodexOS.Platform.Faults;
using Microsoft.AspNetCore.Http;

namespace CodexOS.Platform.Http;

/// <summary>
/// Metadata of endpoints that speak a protocol which has a form of its own for refusals. Whatever refuses a request to them,
/// from the rate limit to a permission, is said in that form instead of as a problem.
/// </summary>
public interface IFaultForm
{
    /// <summary>The refusal as an answer.</summary>
    IResult Answer(Fault fault);
}
