using System.Collections.Immutable;
using System.Numerics.Tensors;
using CodexOS.Knowledge.Contracts;

namespace CodexOS.Knowledge.Cache;

/// <summary>A task whose answer is kept.</summary>
/// <param name="Answer">The answer.</param>
/// <param name="ExpiresAt">Until when it is kept.</param>
/// <param name="Vector">What the task means.</param>
internal sealed record KeptTask(CachedAnswerId Answer, DateTimeOffset ExpiresAt, Half[] Vector);

/// <summary>The tasks of one exact key.</summary>
/// <param name="All">The tasks, by the ids of their answers: oldest first.</param>
internal sealed record TaskVectors(ImmutableArray<KeptTask> All)
{
    // What an entry takes beside its numbers.
    private const int BytesBeside = 120;

    // So many numbers tell almost all tasks apart that mean something else.
    private const int HeadLength = 64;

    // Vectors are of length one but for what numbers of two bytes lose.
    private const double Slack = 0.01;

    /// <summary>About how much memory they take.</summary>
    public long SizeBytes { get; } = BytesBeside + All.Sum(static task => BytesBeside + (2L * task.Vector.Length));

    /// <summary>Whether an answer is among those of the tasks.</summary>
    public bool Has(CachedAnswerId answer)
    {
        var (low, high) = (0, All.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var order = All[middle].Answer.CompareTo(answer);
            if (order == 0) return true;
            if (order < 0) low = middle + 1;
            else high = middle - 1;
        }

        return false;
    }

    /// <summary>
    /// The task whose meaning is nearest, if the cosine of both vectors is at least as given; of equals the newest. Far ones are
    /// left after their first numbers: the distance of these alone is more than all of it may be.
    /// </summary>
    public (CachedAnswerId Answer, double Similarity)? Nearest(ReadOnlySpan<float> vector, double similarity, DateTimeOffset now)
    {
        var (best, near) = (default(CachedAnswerId), similarity);
        var numbers = new float[vector.Length];
        var length = Math.Min(HeadLength, vector.Length);
        var head = vector[..length];
        var headOfOther = numbers.AsSpan(0, length);
        for (var i = All.Length - 1; i >= 0; i--)
        {
            var task = All[i];
            if (task.Vector.Length != vector.Length || task.ExpiresAt <= now) continue;
            TensorPrimitives.ConvertToSingle(task.Vector.AsSpan(0, length), headOfOther);
            double distance = TensorPrimitives.Distance<float>(head, headOfOther);
            if (distance * distance > 2 - (2 * near) + Slack) continue;
            TensorPrimitives.ConvertToSingle(task.Vector, numbers);
            var cosine = TensorPrimitives.CosineSimilarity(vector, numbers);
            // Written so that what is no number is not near.
            if (!(cosine >= near) || (best != default && cosine <= near)) continue;
            (best, near) = (task.Answer, cosine);
        }

        return best == default ? null : (best, near);
    }
}
