using CodexOS.Platform.Faults;

namespace CodexOS.Knowledge.Embeddings;

/// <summary>What can be wrong with the models that make the vectors of knowledge bases.</summary>
internal static class EmbeddingFaults
{
    public static Fault SameModel(string model) => new(
        "knowledge.same_model", FaultKind.Conflict,
        $"The base uses {model} already, and nothing is missing of it. To have every vector made anew, change to builtin and back.");

    public static Fault NeverDone { get; } = new(
        "knowledge.embedding_never_done", FaultKind.Conflict,
        "Documents of the base change faster than their vectors are made. Start again when fewer are added.");

    public static Fault Overtaken { get; } = new(
        "knowledge.embedding_overtaken", FaultKind.Conflict,
        "Another change of the base's model was started after this one, which is over by that.");

    public static Fault ModelChanged(string model, int given, int known) => new(
        "knowledge.model_changed", FaultKind.Conflict,
        $"The model {model} gives vectors of {given} numbers now, and those of the base have {known}. Have them made anew: "
        + "codexos kb embed BASE builtin, and then with the model again.");

    public static Fault TooSlow(string model, TimeSpan timeMax) => new(
        "knowledge.model_too_slow", FaultKind.Timeout,
        $"The model {model} did not give the vector of the question within {timeMax.TotalSeconds:0.###} s, so words alone counted. "
        + "The operator can raise Knowledge:QueryVectorTimeMax.");
}
