using CodexOS.Knowledge.Index.Analysis;
using CsCheck;
using Shouldly;
using Xunit;

namespace CodexOS.Tests.Knowledge.Index;

public sealed class AnalysisTests
{
    [Theory]
    [InlineData("Größe", "grosse")]
    [InlineData("ÉLÉPHANT", "elephant")]
    [InlineData("Ångström", "angstrom")]
    [InlineData("Ёлка", "елка")]
    [InlineData("ΣΊΣΥΦΟΣ", "σισυφοσ")]
    [InlineData("ｆｕｌｌ１", "full1")]
    [InlineData("ﬁnal", "final")]
    [InlineData("مُحَمَّد", "محمد")]
    [InlineData("أإآ", "ااا")]
    [InlineData("١٢٣", "123")]
    [InlineData("e\u0301t\u00E9", "ete")]
    public void What_differs_only_in_form_is_written_alike(string text, string folded) => Folding.Fold(text).ShouldBe(folded);

    [Theory]
    [InlineData("foo_bar", "foo bar foo_bar")]
    [InlineData("ERR-1042", "err 1042 err-1042")]
    [InlineData("v1.2.3", "v1 2 3 v1.2.3")]
    [InlineData("camelCase", "camel case camelcase")]
    [InlineData("parseHTTPResponse", "parse http response parsehttpresponse")]
    [InlineData("self-hosted", "self hosted")]
    [InlineData("C++ and C#", "c c++ and c c#")]
    [InlineData("don't", "don t")]
    [InlineData("東京都", "東 東京 京 京都 都")]
    [InlineData("한국어", "한 한국 국 국어 어")]
    [InlineData("東京 2020", "東 東京 京 2020")]
    [InlineData("end.", "end")]
    [InlineData("  ", "")]
    public void Text_is_cut_into_words(string text, string tokens)
    {
        var sink = new Collected();
        Tokenizer.Scan(text, 0, ref sink);
        string.Join(' ', sink.Tokens).ShouldBe(tokens);
    }

    [Theory]
    [InlineData(nameof(Language.English), "running runs run", "run")]
    [InlineData(nameof(Language.English), "national nationally", "nation")]
    [InlineData(nameof(Language.English), "hopping hopped hops", "hop")]
    [InlineData(nameof(Language.English), "hoping hoped hope", "hope")]
    [InlineData(nameof(Language.English), "cries cried cry", "cri")]
    [InlineData(nameof(Language.English), "generously generous", "generous")]
    [InlineData(nameof(Language.English), "relational relate", "relat")]
    [InlineData(nameof(Language.English), "activities activity", "activ")]
    [InlineData(nameof(Language.German), "hauser hausern hause haus", "haus")]
    [InlineData(nameof(Language.German), "schnellen schneller schnelles schnell", "schnell")]
    [InlineData(nameof(Language.Spanish), "ciudades ciudad", "ciudad")]
    [InlineData(nameof(Language.Spanish), "hablaron hablando hablar", "habl")]
    [InlineData(nameof(Language.French), "nationales nationale national", "national")]
    [InlineData(nameof(Language.French), "chevaux cheval", "cheval")]
    [InlineData(nameof(Language.Italian), "case casa", "cas")]
    [InlineData(nameof(Language.Italian), "ragazzi ragazzo", "ragazz")]
    [InlineData(nameof(Language.Portuguese), "cidades cidade", "cidad")]
    [InlineData(nameof(Language.Portuguese), "animais animal", "animal")]
    [InlineData(nameof(Language.Dutch), "boeken boek", "boek")]
    [InlineData(nameof(Language.Swedish), "flickorna flickor flicka", "flick")]
    [InlineData(nameof(Language.Russian), "городами городах городом город", "город")]
    [InlineData(nameof(Language.Arabic), "الكتاب كتاب والكتاب", "كتاب")]
    public void The_forms_of_a_word_have_one_stem(string language, string words, string stem)
    {
        var analyzer = new PassageAnalyzer();
        foreach (var word in words.Split(' '))
            analyzer.StemOf(word, Enum.Parse<Language>(language)).ToString().ShouldBe(stem, word);
    }

    [Theory]
    [InlineData("The ship was built in the harbour and it is still there", nameof(Language.English))]
    [InlineData("Das Schiff wurde im Hafen gebaut und ist noch immer dort", nameof(Language.German))]
    [InlineData("El barco fue construido en el puerto y todavía está allí", nameof(Language.Spanish))]
    [InlineData("Le navire a été construit dans le port et il y est encore", nameof(Language.French))]
    [InlineData("La nave è stata costruita nel porto ed è ancora là con gli altri", nameof(Language.Italian))]
    [InlineData("O navio foi construído no porto e ainda está lá com os outros", nameof(Language.Portuguese))]
    [InlineData("Het schip werd in de haven gebouwd en het is er nog", nameof(Language.Dutch))]
    [InlineData("Skeppet är byggt i hamnen och det ligger kvar där med de andra", nameof(Language.Swedish))]
    [InlineData("Корабль был построен в порту и он все еще там", nameof(Language.Russian))]
    [InlineData("بنيت السفينة في الميناء و هي من هذا البلد", nameof(Language.Arabic))]
    [InlineData("x = y + z;", nameof(Language.None))]
    [InlineData("東京は日本の首都です", nameof(Language.None))]
    public void Stop_words_tell_the_language(string text, string language) =>
        LanguageGuess.Of(text).ToString().ShouldBe(language);

    [Fact]
    public void Any_text_can_be_analysed_in_any_language() =>
        Gen.Select(Gen.String, Gen.Enum<Language>()).Sample(static (text, language) =>
        {
            var sink = new Terms();
            new PassageAnalyzer().Analyze(text, language, 0, sink);
            sink.All.ShouldAllBe(static term => term.Length > 0 && term.Length <= Tokenizer.WordLengthMax);
        });

    private sealed class Terms : ITermSink
    {
        public List<string> All { get; } = [];

        public void Take(scoped ReadOnlySpan<char> term, int position) => All.Add(term.ToString());
    }

    private readonly struct Collected : ITokenSink
    {
        public Collected()
        {
        }

        public List<string> Tokens { get; } = [];

        public void Take(scoped ReadOnlySpan<char> token, int position, TokenKind kind) => Tokens.Add(token.ToString());
    }
}
