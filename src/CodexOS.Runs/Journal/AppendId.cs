using System.Diagnostics.CodeAnalysis;
using CodexOS.Platform.Ids;

namespace CodexOS.Runs.Journal;

/// <summary>Names an append: after a commit whose answer was lost, it tells one's own row from another's.</summary>
internal readonly record struct AppendId(Guid Value) : ITypedId<AppendId>
{
    public static string Prefix => "app";

    public static AppendId From(Guid value) => new(value);

    public static AppendId New(TimeProvider clock) => TypedId.New<AppendId>(clock);

    public static AppendId Parse(string s, IFormatProvider? provider) => TypedId.Parse<AppendId>(s);

    public static bool TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out AppendId result) =>
        TypedId.TryParse(s, out result);

    public override string ToString() => TypedId.Print(this);
}
