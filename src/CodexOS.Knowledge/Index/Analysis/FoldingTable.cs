namespace CodexOS.Knowledge.Index.Analysis;

/// <summary>
/// Which small letters are written for which others. The runtime carries no Unicode normalization in invariant mode, so
/// the letters of the European scripts are listed; other scripts have rules of their own in <see cref="Folding"/>.
/// </summary>
internal static class FoldingTable
{
    private const int Size = 0x2000;

    /// <summary>Each line is a letter and then those that fold to it.</summary>
    private const string Singles = """
        aªàáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ
        bƀɓḃḅḇ
        cçćĉċčƈḉ
        dðďđɖɗḋḍḏḑḓ
        eèéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ
        fƒḟ
        gĝğġģǥǧǵḡ
        hĥħȟḣḥḧḩḫẖ
        iìíîïĩīĭįıǐȉȋḭḯỉị
        jĵǰ
        kķĸƙǩḱḳḵ
        lĺļľłƚḷḹḻḽ
        mḿṁṃ
        nñńņňƞǹṅṇṉṋ
        oºòóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ
        pƥṕṗ
        rŕŗřȑȓṙṛṝṟ
        sśŝşšſșṡṣṥṧṩẛ
        tţťŧƫțṫṭṯṱẗ
        uùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự
        vṽṿ
        wŵẁẃẅẇẉẘ
        xẋẍ
        yýÿŷƴȳẏẙỳỵỷỹ
        zźżžƶȥẑẓẕ
        αάἀἁἂἃἄἅἆἇὰάᾀᾁᾂᾃᾄᾅᾆᾇᾰᾱᾲᾳᾴᾶᾷ
        βϐ
        εέϵἐἑἒἓἔἕὲέ
        ηήἠἡἢἣἤἥἦἧὴήᾐᾑᾒᾓᾔᾕᾖᾗῂῃῄῆῇ
        θϑ
        ιΐίϊἰἱἲἳἴἵἶἷὶίῐῑῒΐῖῗ
        κϰ
        μµ
        οόὀὁὂὃὄὅὸό
        πϖ
        ρϱῤῥ
        σςϲ
        υΰϋύϒϓϔὐὑὒὓὔὕὖὗὺύῠῡῢΰῦῧ
        φϕ
        ωώὠὡὢὣὤὥὦὧὼώᾠᾡᾢᾣᾤᾥᾦᾧῲῳῴῶῷ
        еѐё
        иѝ
        """;

    private static readonly char[] s_single = Build();

    /// <summary>The letter that is written instead, or the letter itself.</summary>
    public static char Single(char letter) => letter < Size ? s_single[letter] : letter;

    /// <summary>The two letters that are written instead of one; null for most.</summary>
    public static string? Pair(char letter) => letter switch
    {
        'ß' => "ss",
        'æ' or 'ǣ' or 'ǽ' => "ae",
        'œ' => "oe",
        'þ' => "th",
        'ŋ' => "ng",
        'ĳ' => "ij",
        'ǆ' or 'ǳ' => "dz",
        'ǉ' => "lj",
        'ǌ' => "nj",
        '\uFB00' => "ff",
        '\uFB01' => "fi",
        '\uFB02' => "fl",
        '\uFB05' or '\uFB06' => "st",
        _ => null,
    };

    private static char[] Build()
    {
        var table = new char[Size];
        for (var i = 0; i < Size; i++) table[i] = (char)i;
        foreach (var line in Singles.Split('\n', StringSplitOptions.TrimEntries))
        {
            foreach (var variant in line.AsSpan(1)) table[variant] = line[0];
        }

        return table;
    }
}
