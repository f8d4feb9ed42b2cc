using System.Collections.Frozen;

namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>
/// Words that every text of a language has. They are left out of the index, and they tell which language a text is in.
/// Folded as everything else is, so without accents.
/// </summary>
internal static class StopWords
{
    private static readonly (Language Language, string Words)[] s_lists =
    [
        (Language.English,
            "a about also am an and any are as at be been being but by can could did do does for from had has have he her him "
            + "his how i if in into is it its may me might must my no nor not of on or our shall she should so such than that "
            + "the their them then there these they this those to too us was we were what when where which who whom whose why "
            + "will with would you your s t d ll re ve"),
        (Language.German,
            "aber als also am an auch auf aus bei bin bis bist da damit dann das dass dem den der des dessen die dies diese "
            + "diesem diesen dieser dieses doch dort du durch ein eine einem einen einer eines er es fur hat hatte hatten haben "
            + "ich ihr ihre ihrem ihren ihrer im in ist ja jede jedem jeden jeder jedes kann konnen kein keine man mehr mit nach "
            + "nicht noch nun nur ob oder ohne sein seine seinem seinen seiner seit sich sie sind so sowie uber um und uns unter "
            + "vom von vor war waren was weil wenn wer werden wie wieder wird wir wo wurde wurden zu zum zur zwischen welche "
            + "welcher welches welchem welchen viele warum wann"),
        (Language.Spanish,
            "a al algo ante como con contra cual cuales cuando cuanto cuantos de del desde donde durante e el ella ellas ellos en "
            + "entre era eran es esa ese eso esta estan estas este esto estos fue fueron ha han hasta hay la las le les lo los mas "
            + "me mi muy no nos o para pero por porque que quien quienes se ser si sin sobre son su sus tambien te tiene tu un una "
            + "uno unos unas y ya"),
        (Language.French,
            "a ai au aux avec c ce ces cet cette comme d dans de des donc du elle elles en est et etait etaient ete etre eu eux "
            + "fut furent il ils j je l la le les leur leurs lui m ma mais me meme mes moi mon n ne nos notre nous on ont ou par "
            + "pas plus pour qu quand que quel quelle quelles quels qui quoi s sa sans se ses si son sont sur t ta te tes ton tu "
            + "un une vos votre vous y"),
        (Language.Italian,
            "a ad ai al alla alle agli allo anche c che chi ci come con da dai dal dalla dalle degli dei del della delle dello di "
            + "d dove e ed era erano gli ha hanno i il in io l la le lei lo loro lui ma mi nei nel nella nelle nello noi non o per "
            + "perche piu quale quali quando quanto quella quello questa questo se si sia sono su sua sue sugli sui sul sulla suo "
            + "tra un una uno vi"),
        (Language.Portuguese,
            "a ao aos as com como da das de do dos e ela elas ele eles em entre era eram essa esse esta este eu foi foram ha isso "
            + "isto ja lhe mais mas me mesmo muito na nao nas nem no nos o os ou para pela pelas pelo pelos por porque qual quais "
            + "quando que quem sao se sem ser seu seus so sua suas tambem te tem um uma voce onde"),
        (Language.Dutch,
            "aan al alle als bij dan dat de der deze die dit doch door dus een en er ge geen had hadden heb hebben heeft het hem "
            + "hij hoe hun ik in is je kan maar me meer men met mij na naar niet nog nu of om omdat onder ons ook op over te tot "
            + "uit van veel voor waar was waren wat welke werd werden we wel wie wij worden wordt zal ze zich zij zijn zo zou"),
        (Language.Swedish,
            "alla allt att av blev bli blir da de dem den denna deras dess dessa det detta dig din du dar efter ej eller en er ett "
            + "for fran genom ha hade han hans har hennes hon hur i icke inte jag kan kunde man med mellan men mig min mot mycket "
            + "nar ni nu och om oss pa sedan sig sin sina sitt skulle som sa till under upp ut utan vad var vara varit vem vi vid "
            + "vilka vilken vilket ar"),
        (Language.Russian,
            "а без более бы был была были было быть в вам вас весь во вот все всего всех вы где да даже для до его ее если есть "
            + "еще же за здесь и из или им их к как какая какие каким какой ко когда кто ли либо мне может мы на над надо не него "
            + "нее нет ни них но ну о об однако он она они оно от очень по под после при про с со так также такой там те тем то "
            + "того тоже той только том ты у уже хотя чего чей чем через что чтобы чье чья эта эти это этого этой этот я сколько "
            + "почему кого кем"),
        (Language.Arabic,
            "في من الي علي عن مع هذا هذه ذلك تلك التي الذي الذين ما ماذا هو هي هم هن كان كانت كانوا يكون تكون قد لقد لا لم لن "
            + "ان او ثم كل بين بعد قبل عند عندما حيث كما اي ايضا كيف متي اين هل كم غير منذ حتي اذا لكن فان و"),
    ];

    private static readonly FrozenDictionary<string, int> s_masks = s_lists
        .SelectMany(static list => list.Words.Split(' ').Select(word => (Word: word, Bit: Languages.Bit(list.Language))))
        .GroupBy(static pair => pair.Word, static pair => pair.Bit, StringComparer.Ordinal)
        .ToFrozenDictionary(
            static group => group.Key, static group => group.Aggregate(static (a, b) => a | b), StringComparer.Ordinal);

    private static readonly FrozenDictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> s_lookup =
        s_masks.GetAlternateLookup<ReadOnlySpan<char>>();

    /// <summary>The set of languages in which a folded word is a stop word, as bits of <see cref="Languages.Bit"/>.</summary>
    public static int LanguagesOf(ReadOnlySpan<char> word) => s_lookup.TryGetValue(word, out var mask) ? mask : 0;
}
