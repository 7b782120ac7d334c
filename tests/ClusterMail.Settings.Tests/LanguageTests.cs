namespace ClusterMail.Settings.Tests;

public sealed class LanguageTests
{
    [Fact]
    public void LANG_no_meaning_is_kept_of_a_setting_that_is_gone() => Assert.Empty(JapaneseMeanings.All.Keys.Except(Catalogue.All.Select(d => d.Name)));

    [Fact]
    public void LANG_a_meaning_in_Japanese_is_Japanese() =>
        Assert.All(JapaneseMeanings.All, pair => Assert.Contains(pair.Value, c => c is >= '\u3040' and <= '\u9fff'));

    [Fact]
    public void LANG_the_original_s_labels_lead_to_settings_there_are_or_say_what_there_is_instead()
    {
        // Chapter 11 E: 18 lines of the receiver's dump and 20 of the delivery's, those with several words taken apart.
        Assert.Equal((18, 20), (OriginalLabel.All.Count(l => l.Part == "EPSTRS"), OriginalLabel.All.Count(l => l.Part == "EPSTDS")));
        string[] later = ["Mail Filter", "VirusMailSize", "Domain AUTH SPF", "Inbox MSG Encode", "ML max of divide"];
        var without = OriginalLabel.All.Where(l => !l.Definitions().Any() && l.Instead.Length == 0).Select(l => l.Label);
        Assert.Empty(without.Except(later));
    }
}
