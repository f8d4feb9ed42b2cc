namespace CodexOS.Runs.Scheduling;

/// <summary>
/// The places of one pool, and the tenants that wait for them. Deficit round-robin: every tenant that waits has a turn of
/// as many places as its weight, then the next one, so that a tenant with one step waits for one round at most, however
/// many steps the others have. Whoever has nothing to do, or has used up its limits, is not in the round.
/// </summary>
internal sealed class StepPool(string name, int size)
{
    private readonly LinkedList<TenantLine> _turns = new();

    public string Name => name;

    public int Size => size;

    public int InUse { get; set; }

    public int Waiting { get; set; }

    public bool HasPlace => InUse < size;

    /// <summary>Whether a step waits that could begin if there were a place.</summary>
    public bool HasTurns => _turns.Count > 0;

    /// <summary>Puts a tenant in or out of the round, after it has come to have or lost steps or room.</summary>
    public void Review(TenantLine line)
    {
        if (line.CanGoOn == (line.Node.List is not null)) return;
        line.Deficit = 0;
        if (line.CanGoOn) _turns.AddLast(line.Node);
        else _turns.Remove(line.Node);
    }

    /// <summary>The step whose turn it is, which leaves its line.</summary>
    public StepWaiter Next()
    {
        var line = _turns.First!.Value;
        if (line.Deficit == 0) line.Deficit = line.Tenant.Quota.Weight;
        line.Deficit--;
        if (line.Deficit == 0)
        {
            _turns.RemoveFirst();
            _turns.AddLast(line.Node);
        }

        return line.Next();
    }
}
