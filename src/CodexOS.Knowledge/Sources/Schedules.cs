using CodexOS.Platform.Faults;
using Cronos;

namespace CodexOS.Knowledge.Sources;

/// <summary>When sources are synchronised by themselves.</summary>
internal static class Schedules
{
    private const int OccurrencesLooked = 100;
    private const int MinutesMax = 525_600;
    private const int CronLengthMax = 100;

    /// <summary>Checks a schedule; null comes back for one that says nothing.</summary>
    /// <param name="schedule">As it came.</param>
    /// <param name="least">The least time from one sync to the next.</param>
    /// <param name="now">The present time.</param>
    public static Result<SourceSchedule?> Check(SourceSchedule? schedule, TimeSpan least, DateTimeOffset now)
    {
        if (schedule is null or { Cron: null, EveryMinutes: null }) return (SourceSchedule?)null;
        if (schedule is { Cron: not null, EveryMinutes: not null })
            return SourceFaults.Bad("its schedule has both a cron expression and a number of minutes; give one of them");
        if (schedule.EveryMinutes is { } minutes)
        {
            if (schedule.TimeZone is not null) return SourceFaults.Bad("a time zone belongs to a cron expression only");
            return minutes >= least.TotalMinutes && minutes <= MinutesMax
                ? schedule
                : SourceFaults.Bad($"it may be synchronised every {least.TotalMinutes:0.#} to {MinutesMax} minutes");
        }

        if (ZoneOf(schedule) is null) return SourceFaults.Bad("there is no such time zone; write one such as Europe/Oslo");
        if (schedule.Cron!.Length > CronLengthMax || !CronExpression.TryParse(schedule.Cron, out _))
            return SourceFaults.Bad("its cron expression cannot be read; write five fields, for instance 30 4 * * 1-5");
        if (Next(schedule, now) is not { } at) return SourceFaults.Bad("its cron expression names no time that comes");
        for (var looked = 0; looked < OccurrencesLooked && Next(schedule, at) is { } next; looked++, at = next)
        {
            if (next - at < least)
                return SourceFaults.Bad($"it may be synchronised every {least.TotalMinutes:0.#} minutes at most");
        }

        return schedule;
    }

    /// <summary>When the next sync is due; null is never.</summary>
    public static DateTimeOffset? Next(SourceSchedule? schedule, DateTimeOffset after)
    {
        if (schedule is null) return null;
        if (schedule.EveryMinutes is { } minutes) return after + TimeSpan.FromMinutes(minutes);
        return ZoneOf(schedule) is { } zone
            ? CronExpression.Parse(schedule.Cron!).GetNextOccurrence(after, zone)?.ToUniversalTime()
            : null;
    }

    private static TimeZoneInfo? ZoneOf(SourceSchedule schedule)
    {
        if (schedule.TimeZone is not { } name) return TimeZoneInfo.Utc;
        return TimeZoneInfo.TryFindSystemTimeZoneById(name, out var zone) ? zone : null;
    }
}
