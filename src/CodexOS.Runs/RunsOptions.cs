using System.ComponentModel.DataAnnotations;

namespace CodexOS.Runs;

/// <summary>The limits and rhythms of the engine.</summary>
public sealed class RunsOptions : IValidatableObject
{
    /// <summary>The section these options are read from.</summary>
    public const string Section = "Runs";

    /// <summary>Most runs that this process works on at once; further starts are answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int ActiveRunsMax { get; set; } = 20_000;

    /// <summary>Most runs of one tenant that this process works on at once; further starts are answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int ActiveRunsPerTenantMax { get; set; } = 15_000;

    /// <summary>Most steps that are performed at once in a pool whose effects ask for no size of their own.</summary>
    [Range(1, 1_000_000)]
    public int PoolSize { get; set; } = 20_000;

    /// <summary>
    /// Sizes of pools by name, over what their effects ask for, for instance <c>Runs:Pools:sandbox=4</c>. A pool is named
    /// after its effect unless the effect asks for another.
    /// </summary>
    public Dictionary<string, int> Pools { get; } = new(StringComparer.Ordinal);

    /// <summary>Most steps of one tenant that are performed at once, over all pools.</summary>
    [Range(1, 1_000_000)]
    public int StepsPerTenantMax { get; set; } = 20_000;

    /// <summary>Most steps of one subject of a tenant, for instance an agent, that are performed at once.</summary>
    [Range(1, 1_000_000)]
    public int StepsPerSubjectMax { get; set; } = 20_000;

    /// <summary>With this many steps of a tenant waiting for a place, its further starts are answered with 429.</summary>
    [Range(1, 1_000_000)]
    public int StepsWaitingPerTenantMax { get; set; } = 15_000;

    /// <summary>
    /// How much longer waiting makes up for one level of priority: a step goes before those of one level more that came
    /// this much later.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "1.00:00:00")]
    public TimeSpan PriorityAging { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Most appends that wait for the journal at once; further ones wait for a place.</summary>
    [Range(16, 1_000_000)]
    public int AppendQueueMax { get; set; } = 65_536;

    /// <summary>Most records that the journal commits together.</summary>
    [Range(1, 10_000)]
    public int AppendBatchMax { get; set; } = 1_024;

    /// <summary>How long appends are tried again while the database is down or full, before runs are put aside.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan OutageMax { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>Payloads above this many bytes go to the blob store.</summary>
    [Range(1_024, 1_048_576)]
    public int PayloadInlineBytesMax { get; set; } = 16_384;

    /// <summary>How often due timers and expired approvals are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.05", "00:01:00")]
    public TimeSpan TimerInterval { get; set; } = TimeSpan.FromMilliseconds(250);

    /// <summary>How often runs that nobody works on are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan SweepInterval { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How long a tenant that is moved waits, closed, for steps that are under way; what takes longer is done again where it
    /// arrives, like a step that a crash has cut off.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "00:10:00")]
    public TimeSpan MoveDrainTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>How long the move of a tenant to another database may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "7.00:00:00")]
    public TimeSpan MoveTimeMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long a cancelled step may take to stop before it is put in doubt.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:05:00")]
    public TimeSpan CancelGrace { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The longest time between a run's last confirmation in the database and an effect. After a longer one, for instance
    /// because the process was stopped, the database is asked first whether the run is still this process's.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan StallMax { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Most signals that a run keeps which it has not waited for yet; further ones are answered with 429.</summary>
    [Range(1, 100_000)]
    public int SignalsPendingMax { get; set; } = 1_000;

    /// <summary>Most bytes that a signal may carry.</summary>
    [Range(16, 1_048_576)]
    public int SignalPayloadBytesMax { get; set; } = 65_536;

    /// <summary>Most bytes of a person's answer to a question.</summary>
    [Range(16, 1_048_576)]
    public int AnswerBytesMax { get; set; } = 65_536;

    /// <summary>Most runs that a run may have started and that have not ended.</summary>
    [Range(1, 10_000)]
    public int ChildrenMax { get; set; } = 100;

    /// <summary>How many runs may stand below each other, unless a run's own limits say less.</summary>
    [Range(1, 100)]
    public int DepthMax { get; set; } = 8;

    /// <summary>How often a fork may be forked again.</summary>
    [Range(1, 1_000)]
    public int ForkDepthMax { get; set; } = 64;

    /// <summary>Most runs that one bulk operation may be for.</summary>
    [Range(1, 1_000_000)]
    public int BulkRunsMax { get; set; } = 100_000;

    /// <summary>How many runs a bulk operation takes in hand with one step: a crash repeats at most this many.</summary>
    [Range(1, 10_000)]
    public int BulkBatchMax { get; set; } = 400;

    /// <summary>How many runs a bulk operation tells at once.</summary>
    [Range(1, 1_000)]
    public int BulkAtOnceMax { get; set; } = 16;

    /// <summary>How long a bulk operation may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan BulkTimeMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long after its end a run's events move out of the database into a compressed file, in which they can still be
    /// looked at; 0 is never.
    /// </summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan ArchiveAfter { get; set; } = TimeSpan.FromDays(30);

    /// <summary>How long after its end an archived run is deleted; 0 is never.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "36500.00:00:00")]
    public TimeSpan DeleteAfter { get; set; } = TimeSpan.Zero;

    /// <summary>How long an Idempotency-Key is remembered; the same key later starts another run.</summary>
    [Range(typeof(TimeSpan), "01:00:00", "36500.00:00:00")]
    public TimeSpan KeysKept { get; set; } = TimeSpan.FromDays(90);

    /// <summary>How long a payload that nobody names any more stays, in case somebody is about to name it.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "365.00:00:00")]
    public TimeSpan BlobGrace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>
    /// How long a stored content stays that no row of any module names, by the time it was written: whoever wrote it may be about
    /// to name it.
    /// </summary>
    [Range(typeof(TimeSpan), "01:00:00", "365.00:00:00")]
    public TimeSpan UnownedBlobGrace { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How often stored contents that belong to nobody are looked for.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan UnownedBlobInterval { get; set; } = TimeSpan.FromHours(1);

    /// <summary>How many stored contents one such look is at; the next one goes on there.</summary>
    [Range(1, 10_000_000)]
    public int UnownedBlobsMax { get; set; } = 100_000;

    /// <summary>How often retention is started for tenants that have something old.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan RetentionInterval { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How long retention may take.</summary>
    [Range(typeof(TimeSpan), "00:01:00", "30.00:00:00")]
    public TimeSpan RetentionTimeMax { get; set; } = TimeSpan.FromDays(1);

    /// <summary>How many runs retention takes in hand with one step.</summary>
    [Range(1, 10_000)]
    public int RetentionBatchMax { get; set; } = 100;

    /// <summary>How many rows, keys, payloads or pages retention removes at once, so that nobody waits for it for long.</summary>
    [Range(1, 10_000)]
    public int RetentionRowsMax { get; set; } = 500;

    /// <summary>How many months ahead partitions are made on PostgreSQL.</summary>
    [Range(1, 24)]
    public int PartitionsAheadMonths { get; set; } = 3;

    /// <summary>How many watchers may follow runs at once.</summary>
    [Range(1, 100_000)]
    public int WatchersMax { get; set; } = 1_000;

    /// <summary>
    /// Most characters that are kept of the text a step is writing, for watchers who come while it writes. Of a longer text
    /// they get the end; the journal has the whole when the step is over.
    /// </summary>
    [Range(1_024, 16_777_216)]
    public int StepTextLengthMax { get; set; } = 1_048_576;

    /// <summary>
    /// Most characters that are kept of such texts in all; beyond, each keeps little more than its newest piece.
    /// </summary>
    [Range(1_024, 1_073_741_824)]
    public int TextsLengthMax { get; set; } = 33_554_432;

    /// <summary>How often a silent event stream sends a comment, so that proxies keep it open.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:05:00")]
    public TimeSpan HeartbeatInterval { get; set; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc />
    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        Pools.Where(pool => pool.Value is < 1 or > 1_000_000).Select(pool => new ValidationResult(
            $"{Section}:{nameof(Pools)}:{pool.Key} must be between 1 and 1000000.", [nameof(Pools)]));
}
