namespace CodexOS.Runs.Contracts;

/// <summary>
/// What steps share while they are performed. Effects that wait for others (a model, a web service) need hardly anything
/// of this machine and can be many; effects that work on this machine (a sandbox) must be few.
/// </summary>
/// <param name="Name">Its name; <c>Runs:Pools</c> sets sizes by it.</param>
/// <param name="Size">How many of its steps are performed at once unless the options say otherwise; null is theirs.</param>
public sealed record EffectPool(string Name, int? Size = null);
