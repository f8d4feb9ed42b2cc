using System.ComponentModel.DataAnnotations;

namespace CodexOS.Inference;

/// <summary>How a model that ranks texts is asked.</summary>
public sealed class RerankerOptions
{
    internal static RerankerOptions Default { get; } = new();

    /// <summary>
    /// In which form: <c>Common</c> for Cohere, Jina, vLLM, llama.cpp and others, <c>Tei</c> for Text Embeddings Inference.
    /// </summary>
    public RerankerForm Form { get; set; }

    /// <summary>
    /// The path behind the provider's address; with a slash before it, behind its host. Default: <c>rerank</c>.
    /// </summary>
    [Required, StringLength(200)]
    [RegularExpression("^/?[A-Za-z0-9._~-]+(/[A-Za-z0-9._~-]+)*$", ErrorMessage = "Path must be one such as rerank or /v2/rerank.")]
    public string Path { get; set; } = "rerank";

    internal IEnumerable<string> WhatIsWrong()
    {
        var wrong = new List<ValidationResult>();
        Validator.TryValidateObject(this, new ValidationContext(this), wrong, validateAllProperties: true);
        if (!Enum.IsDefined(Form)) wrong.Add(new ValidationResult("Form must be Common or Tei."));
        return wrong.Select(static one => one.ErrorMessage ?? "a value is out of its range.");
    }
}

/// <summary>The forms in which endpoints are asked to rank texts.</summary>
public enum RerankerForm
{
    /// <summary>Model, query and documents; results with an index and a relevance score.</summary>
    Common,

    /// <summary>Query and texts; a list of indexes and scores.</summary>
    Tei,
}
