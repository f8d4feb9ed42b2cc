using System.ComponentModel.DataAnnotations;

namespace CodexOS.Inference;

/// <summary>An embedding model in a folder of this machine, which runs in the server and sends nothing out.</summary>
public sealed class LocalModelOptions
{
    /// <summary>
    /// The folder: <c>model.onnx</c> (or <c>onnx/model.onnx</c>, as models are published) and <c>vocab.txt</c>, the WordPiece
    /// vocabulary of the BERT family.
    /// </summary>
    public string? Directory { get; set; }

    /// <summary>How the vectors of a text's tokens become the text's own; what the model's page says.</summary>
    public LocalPooling Pooling { get; set; } = LocalPooling.Mean;

    /// <summary>Whether the model does not tell upper case from lower case, as most do not.</summary>
    public bool IsUncased { get; set; } = true;

    /// <summary>How many tokens of a text are read; what is behind is left. At most the model's own limit.</summary>
    [Range(8, 8_192)]
    public int TokensMax { get; set; } = 512;

    /// <summary>How many threads one request uses.</summary>
    [Range(1, 64)]
    public int Threads { get; set; } = 2;

    internal IEnumerable<string> WhatIsWrong(string name)
    {
        if (name.Length is 0 or > 100 || !name.All(IsOfName))
            yield return "choose a name of lowercase letters, digits, dots and dashes.";
        if (string.IsNullOrWhiteSpace(Directory)) yield return "Directory is missing; set it to the folder of the model.";
        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), wrong, validateAllProperties: true);
        foreach (var each in wrong) yield return each.ErrorMessage ?? "a value is out of its range.";
    }

    private static bool IsOfName(char letter) =>
        char.IsAsciiLetterLower(letter) || char.IsAsciiDigit(letter) || letter is '-' or '.';
}

/// <summary>How the vectors of tokens become that of the text.</summary>
public enum LocalPooling
{
    /// <summary>Their mean.</summary>
    Mean,

    /// <summary>That of the first token, <c>[CLS]</c>.</summary>
    First,
}
