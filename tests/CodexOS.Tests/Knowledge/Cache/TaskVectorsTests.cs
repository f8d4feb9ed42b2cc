using System.Collections.Immutable;
using System.Numerics.Tensors;
using CodexOS.Knowledge.Cache;
using CodexOS.Knowledge.Contracts;
using CodexOS.Testing;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Cache;

/// <summary>Finding the nearest of many tasks.</summary>
public sealed class TaskVectorsTests
{
    private const int Dimension = 512;

    [Theory]
    [InlineData(0.3)]
    [InlineData(0.8)]
    [InlineData(0.95)]
    [InlineData(1)]
    public void It_finds_what_comparing_all_numbers_of_all_tasks_finds(double similarity)
    {
        var random = new Random(5);
        var wanted = Unit(random, null, 0);
        // From the same to quite another, so that some lie right at the border.
        var tasks = Enumerable.Range(0, 2_000).Select(i => Task(i + 1, Unit(random, wanted, i / 1_000d))).ToImmutableArray();

        var numbers = new float[Dimension];
        for (var left = 0; left < tasks.Length; left += 50)
        {
            var all = tasks.Skip(left).Select(task => (task.Answer, Cosine: Cosine(wanted, task.Vector, numbers)))
                .Where(one => one.Cosine >= similarity - 1e-3).OrderByDescending(static one => one.Cosine).ToList();
            new TaskVectors([.. tasks.Skip(left)]).Nearest(wanted, similarity - 1e-3, Clocks.Noon)
                .ShouldBe(all.Count == 0 ? null : all[0]);
        }

        var farther = new TaskVectors([.. tasks.Skip(500)]);
        tasks.Count(task => farther.Has(task.Answer)).ShouldBe(1_500);
    }

    [Fact]
    public void Of_equals_the_newest_counts_and_nothing_that_has_expired_or_is_of_another_length()
    {
        var random = new Random(6);
        var wanted = Unit(random, null, 0);
        var tasks = new TaskVectors(
        [
            Task(1, wanted), Task(2, wanted), Task(3, wanted) with { ExpiresAt = Clocks.Noon }, Task(4, wanted[..256]),
            Task(5, new float[Dimension]),
        ]);

        tasks.Nearest(wanted, 0.95, Clocks.Noon)!.Value.Answer.ShouldBe(tasks.All[1].Answer);
        tasks.Nearest(new float[Dimension], 0.95, Clocks.Noon).ShouldBeNull("A vector without a direction is near to nothing.");
    }

    private static KeptTask Task(int number, float[] vector)
    {
        var halves = new Half[vector.Length];
        TensorPrimitives.ConvertToHalf(vector, halves);
        return new KeptTask(new CachedAnswerId(new Guid(number, 0, 0, new byte[8])), Clocks.Noon.AddHours(1), halves);
    }

    private static double Cosine(float[] wanted, Half[] vector, float[] numbers)
    {
        TensorPrimitives.ConvertToSingle(vector, numbers);
        return TensorPrimitives.CosineSimilarity(wanted, numbers);
    }

    private static float[] Unit(Random random, float[]? near, double noise)
    {
        var vector = new float[Dimension];
        for (var i = 0; i < Dimension; i++)
        {
            var (one, other) = (1 - random.NextDouble(), random.NextDouble());
            var normal = Math.Sqrt(-2 * Math.Log(one)) * Math.Cos(2 * Math.PI * other) / Math.Sqrt(Dimension);
            vector[i] = (float)(near is null ? normal : near[i] + (noise * normal));
        }

        var length = TensorPrimitives.Norm<float>(vector);
        TensorPrimitives.Divide(vector, length, vector);
        return vector;
    }
}
