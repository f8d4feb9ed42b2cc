using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace CodexOS.Platform.Options;

/// <summary>Registers options that carry defaults, bounds and a sentence.</summary>
public static class OptionsRegistration
{
    /// <summary>
    /// Binds a section and validates it when the server starts: a bad value stops the start, naming the field and the fix.
    /// </summary>
    public static IServiceCollection AddValidated<
        [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.All)] TOptions>(
        this IServiceCollection services, string section)
        where TOptions : class
    {
        services.AddOptions<TOptions>().BindConfiguration(section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton(new OptionsSection(section, typeof(TOptions)));
    }
}

/// <summary>A section of the configuration and the class that describes it; the operator's page is made from these.</summary>
/// <param name="Name">The section.</param>
/// <param name="Type">The class, with a default constructor.</param>
public sealed record OptionsSection(string Name, Type Type);
