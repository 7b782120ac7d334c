using ClusterMail.Protocol;

namespace ClusterMail.Accounts.Tests;

public class AliasTableTests
{
    [Theory]
    [InlineData("info@example.jp -> taro@example.jp", "info@example.jp", "taro@example.jp", AliasMode.ByDomain)]
    [InlineData("*@example.jp -> office@example.jp", "*@example.jp", "office@example.jp", AliasMode.ByDomain)]
    [InlineData("*@old.example.jp -> *@example.jp,1", "*@old.example.jp", "*@example.jp", AliasMode.Replace)]
    [InlineData("info@example.jp->info@branch.example , 0", "info@example.jp", "info@branch.example", AliasMode.Keep)]
    [InlineData("Info@Example.JP -> Taro@example.jp", "Info@example.jp", "Taro@example.jp", AliasMode.ByDomain)]
    public void ALIAS_4_a_line_is_an_alias_an_arrow_a_real_address_and_an_option(string line, string name, string real, AliasMode mode)
    {
        var (alias, _, _, complaint) = AliasTable.ParseLine(line);
        Assert.Null(complaint);
        Assert.Equal((name, real, mode), (alias!.Name.ToString(), alias.Real.ToString(), alias.Mode));
    }

    [Theory]
    [InlineData("info -> taro@example.jp", 1, "ALIAS-2")]
    [InlineData("info@example.jp -> taro", 20, "ALIAS-2")]
    [InlineData("info@localhost -> taro@example.jp", 1, "ALIAS-2")]
    [InlineData("info@*.jp -> taro@example.jp", 1, "ALIAS-2")]
    [InlineData("info@example.jp taro@example.jp", 1, "ALIAS-1")]
    [InlineData("info@example.jp -> taro@example.jp,2", 36, "ALIAS-4")]
    [InlineData("info@example.jp -> *@example.jp", 20, "ALIAS-3")]
    [InlineData("*@example.jp -> a*@example.jp", 17, "ALIAS-3")]
    public void EX_ALIAS_6_a_line_without_a_domain_on_either_side_or_with_another_fault_is_refused_by_column_and_rule(string line, int column, string rule)
    {
        var (alias, at, broken, complaint) = AliasTable.ParseLine(line);
        Assert.Null(alias);
        Assert.Equal((column, rule), (at, broken));
        Assert.NotNull(complaint);
    }

    [Fact]
    public void EX_ALIAS_7_a_second_entry_for_the_same_alias_is_refused_and_the_first_is_named()
    {
        var (aliases, errors) = AliasTable.Parse("' our names\r\ninfo@example.jp -> taro@example.jp\r\n\r\nINFO@example.jp -> hanako@example.jp\r\n");
        Assert.Equal(2, Assert.Single(aliases).Line);
        var error = Assert.Single(errors);
        Assert.Equal((4, 1, "ALIAS-6"), (error.Line, error.Column, error.Rule));
        Assert.Contains("line 2", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a@example.jp -> b@example.jp\nb@example.jp -> a@example.jp")]
    [InlineData("a@example.jp -> b@example.jp\nb@example.jp -> c@example.jp\nc@example.jp -> a@example.jp")]
    [InlineData("*@a.example -> *@b.example\n*@b.example -> *@a.example")]
    [InlineData("*@a.example -> *@b.example\ninfo@b.example -> info@a.example")]
    [InlineData("*@a.example -> x@b.example\n*@b.example -> y@a.example")]
    [InlineData("a*@a.example -> aa@b.example\n*@b.example -> *@a.example")]
    public void ALIAS_11_a_circle_is_refused_on_save(string text)
    {
        var fault = Judge(text)[0];
        Assert.Equal("ALIAS-11", fault.Rule);
        Assert.Contains("circle", fault.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void ALIAS_11_a_circle_that_passes_an_account_is_none_because_the_account_ends_it()
    {
        const string Text = "*@a.example -> x@b.example\n*@b.example -> y@a.example";
        Assert.Empty(Judge(Text, "x@b.example", "y@a.example"));
        Assert.Contains(Judge(Text)[0].Passed, mailbox => mailbox.ToString() == "x@b.example");
    }

    [Theory]
    [InlineData("u@d.example -> u@d.example")]
    [InlineData("*@d.example -> *@d.example")]
    [InlineData("*@d.example -> office@d.example")]
    [InlineData("u@d.example -> U@D.example\nv@d.example -> u@d.example")]
    public void ALIAS_11_an_identity_alias_is_legal(string text) => Assert.Empty(Judge(text));

    [Fact]
    public void ALIAS_11_ten_steps_may_be_followed_and_eleven_not()
    {
        string Chain(int steps) => string.Concat(Enumerable.Range(0, steps).Select(i => $"a{i}@example.jp -> a{i + 1}@example.jp\n"));
        Assert.Empty(Judge(Chain(10)));
        var fault = Assert.Single(Judge(Chain(11)));
        Assert.Equal("a0@example.jp", fault.Alias.Name.ToString());
        Assert.Contains("more than 10", fault.Complaint, StringComparison.Ordinal);
    }

    [Fact]
    public void ALIAS_6_many_aliases_may_share_one_target_and_the_text_comes_back()
    {
        const string Text = "info@example.jp -> taro@example.jp\nsales@example.jp -> taro@example.jp,1\n";
        var (aliases, errors) = AliasTable.Parse(Text);
        Assert.Empty(errors);
        Assert.Equal(Text, AliasTable.Text(aliases.Select(line => line.Alias)));
    }

    [Fact]
    public void ALIAS_10_of_equally_long_wildcards_every_node_takes_the_same_whichever_it_learnt_first()
    {
        Alias[] two = [.. AliasTable.Parse("a*@example.jp -> x@example.net\n*a@example.jp -> y@example.net").Aliases.Select(line => line.Alias)];
        var (one, other) = (new AliasIndex(), new AliasIndex());
        foreach (var alias in two)
            one.Put(alias);
        foreach (var alias in two.Reverse())
            other.Put(alias);
        var address = Mailbox.FromStored("anna@example.jp");
        Assert.Equal(one.Wildcard(address)!.Value.Alias, other.Wildcard(address)!.Value.Alias);
        one.Remove(two[0].Name);
        Assert.Equal((two[1], 1), (one.Wildcard(address)!.Value.Alias, one.Count));
    }

    [Theory]
    [InlineData("taro", true)]
    [InlineData("taro.yamada-2_x+y", true)]
    [InlineData("", false)]
    [InlineData("太郎", false)]
    [InlineData("ｔａｒｏ", false)]
    [InlineData("a/../b", false)]
    [InlineData("a*", false)]
    [InlineData(".a", false)]
    [InlineData("a..b", false)]
    [InlineData("taro yamada", false)]
    public void ACCT_1_an_account_name_is_half_width_letters_digits_and_signs(string name, bool good) => Assert.Equal(good, AddressRules.AccountFault(name) is null);

    private static IReadOnlyList<AliasFault> Judge(string text, params string[] accounts) =>
        AliasTable.Judge([.. AliasTable.Parse(text).Aliases.Select(line => line.Alias)], mailbox => accounts.Contains(mailbox.ToString()));
}
