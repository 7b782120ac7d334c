using ClusterMail.Protocol;

namespace ClusterMail.Accounts.Tests;

public class MailDirectoryTests
{
    [Fact]
    public void ALIAS_6_one_of_the_same_name_takes_the_place_of_the_other_and_is_counted_once()
    {
        var aliases = new AliasIndex();
        var (exact, wild) = (Mailbox.FromStored("info@example.jp"), Mailbox.FromStored("*@example.jp"));
        foreach (var target in (string[])["a@example.jp", "b@example.jp"])
        {
            aliases.Put(new Alias(exact, Mailbox.FromStored(target), AliasMode.ByDomain));
            aliases.Put(new Alias(wild, Mailbox.FromStored(target), AliasMode.ByDomain));
        }
        Assert.Equal((2, "b@example.jp"), (aliases.Count, aliases.Exact(Mailbox.FromStored("INFO@example.jp"))!.Real.ToString()));
        aliases.Remove(exact);
        aliases.Remove(exact);
        aliases.Remove(wild);
        Assert.Equal(0, aliases.Count);
    }

    [Fact]
    public void ALIAS_10_an_account_comes_before_an_alias_and_an_exact_alias_before_a_wildcard()
    {
        var directory = Directory("example.jp local", ["taro@example.jp"],
            "taro@example.jp -> office@example.net", "info@example.jp -> taro@example.jp", "i*@example.jp -> x@example.net", "*@example.jp -> y@example.net");
        Assert.Equal("taro@example.jp", Real(directory, "taro@example.jp"));
        Assert.Equal("taro@example.jp", Real(directory, "INFO@example.jp"));
        Assert.Equal("x@example.net", Real(directory, "ivy@example.jp"));
        Assert.Equal("y@example.net", Real(directory, "anybody@example.jp"));
    }

    [Fact]
    public void APPROVE_400_in_a_routed_or_mixed_domain_accounts_are_known_and_other_addresses_exist_elsewhere()
    {
        var directory = Directory("a.example routed\nb.example mixed\nc.example local", ["taro@a.example", "taro@b.example", "taro@c.example"]);
        foreach (var domain in (string[])["a.example", "b.example", "c.example"])
            Assert.Equal($"taro@{domain}", directory.Resolve(Mailbox.FromStored($"taro@{domain}")).Account?.Address.ToString());
        foreach (var domain in (string[])["a.example", "b.example"])
            Assert.Equal((AddressClass.LocalExisting, null), (directory.Resolve(Mailbox.FromStored($"hanako@{domain}")).Class, directory.Resolve(Mailbox.FromStored($"hanako@{domain}")).Account));
        Assert.Equal(AddressClass.LocalMissing, directory.Classify(Mailbox.FromStored("hanako@c.example")));
    }

    [Fact]
    public void ALIAS_5_an_alias_is_kept_within_a_domain_and_replaced_across_domains_and_the_option_says_otherwise()
    {
        var directory = Directory("example.jp local", ["taro@example.jp"],
            "a@example.jp -> taro@example.jp", "b@example.jp -> taro@example.jp,1", "c@example.jp -> desk@branch.example", "d@example.jp -> desk@branch.example,0");
        Assert.Equal("a@example.jp", Envelope(directory, "a@example.jp"));
        Assert.Equal("taro@example.jp", Envelope(directory, "b@example.jp"));
        Assert.Equal("desk@branch.example", Envelope(directory, "c@example.jp"));
        Assert.Equal("d@example.jp", Envelope(directory, "d@example.jp"));
    }

    [Fact]
    public void EX_ALIAS_5_a_wildcard_repeats_what_it_matched_and_what_it_names_must_exist()
    {
        var directory = Directory("example.jp local", ["taro@example.jp"], "*@old.example.jp -> *@example.jp,1");
        var taro = directory.Resolve(Mailbox.FromStored("taro@old.example.jp"));
        Assert.Equal((AddressClass.LocalExisting, "taro@example.jp", 1L), (taro.Class, taro.Envelope.ToString(), taro.Account!.Id));
        Assert.Equal(AddressClass.LocalMissing, directory.Classify(Mailbox.FromStored("nobody@old.example.jp")));
    }

    [Fact]
    public void EX_ALIAS_8_an_identity_alias_makes_exactly_its_address_exist()
    {
        var directory = Directory("", [], "user1@example.jp -> user1@example.jp");
        Assert.Equal(AddressClass.LocalExisting, directory.Classify(Mailbox.FromStored("user1@example.jp")));
        Assert.Equal(AddressClass.Outside, directory.Classify(Mailbox.FromStored("user2@example.jp")));
    }

    [Fact]
    public void ALIAS_11_a_cycle_ends_as_an_address_that_does_not_exist()
    {
        var directory = Directory("example.jp local", [], "a@example.jp -> b@example.jp", "b@example.jp -> a@example.jp");
        Assert.Equal((AddressClass.LocalMissing, "ALIAS-11"), (directory.Resolve(Mailbox.FromStored("a@example.jp")).Class, directory.Resolve(Mailbox.FromStored("a@example.jp")).Rule));
    }

    [Fact]
    public void DOM_9_domains_that_share_their_mailboxes_have_one_account_for_each_name()
    {
        var directory = Directory("example.jp local\nexample.net local shared_with=example.jp", ["taro@example.jp"]);
        Assert.Equal(1, directory.Account(Mailbox.FromStored("taro@example.net"))!.Id);
        Assert.Equal(AddressClass.LocalMissing, directory.Classify(Mailbox.FromStored("hanako@example.net")));
    }

    [Fact]
    public void ALIAS_8_an_address_that_an_alias_takes_exists_though_its_domain_is_not_operated()
    {
        var directory = Directory("", [], "info@gateway.example -> desk@branch.example", "*@any.example -> desk@branch.example");
        Assert.Equal(AddressClass.LocalExisting, directory.Classify(Mailbox.FromStored("info@gateway.example")));
        Assert.True(directory.Resolve(Mailbox.FromStored("invented@any.example")).ByWildcard);
        Assert.Equal(AddressClass.Outside, directory.Classify(Mailbox.FromStored("other@gateway.example")));
    }

    [Fact]
    public void ALIAS_14_CONTRA_25_a_wildcard_without_any_account_is_as_good_as_any_other_because_nothing_is_counted()
    {
        var directory = Directory("", [], "*@example.jp -> *@inner.example,0");
        Assert.Equal(("taro@inner.example", "taro@example.jp"), (Real(directory, "taro@example.jp"), Envelope(directory, "taro@example.jp")));
    }

    [Fact]
    public void ALIAS_15_names_are_compared_without_case_and_stay_as_they_were_written()
    {
        var directory = Directory("example.jp local", ["taro@example.jp"], "Info@example.jp -> Desk@branch.example", "*@old.example -> *@example.net,1");
        Assert.Equal("Desk@branch.example", Envelope(directory, "iNFO@Example.JP"));
        Assert.Equal("TaRo@example.net", Envelope(directory, "TaRo@OLD.example"));
        Assert.Equal("TARO@example.jp", Envelope(directory, "TARO@example.jp"));
    }

    [Fact]
    public void DOM_4_in_a_common_box_one_name_is_one_account_under_every_domain_that_shares_it()
    {
        var directory = Directory("example.jp local\nexample.net local shared_with=example.jp\nexample.org local shared_with=example.jp", ["taro@example.jp"]);
        Assert.All(["taro@example.jp", "taro@example.net", "TARO@example.org"], address => Assert.Equal(1, directory.Resolve(Mailbox.FromStored(address)).Account!.Id));
    }

    [Fact]
    public void DOM_5_in_separated_domains_equal_names_are_different_accounts()
    {
        var directory = Directory("example.jp local\nexample.net local", ["taro@example.jp", "taro@example.net"]);
        Assert.Equal((1L, 2L), (directory.Account(Mailbox.FromStored("taro@example.jp"))!.Id, directory.Account(Mailbox.FromStored("taro@example.net"))!.Id));
    }

    [Fact]
    public void ACCT_6_mail_to_postmaster_of_an_operated_domain_goes_to_the_administrator_but_as_a_sender_it_does_not_exist()
    {
        var postmaster = Mailbox.FromStored("PostMaster@example.jp");
        var plain = Directory("example.jp local\nrelay.example relay", ["taro@example.jp"]);
        Assert.Equal(AddressClass.LocalMissing, plain.ResolveRecipient(postmaster).Class);
        foreach (var (administrator, account) in new[] { ("taro@example.jp", 1L), ("admin@outside.example", 0L) })
        {
            var directory = new MailDirectory(plain.Domains, plain.Accounts, plain.Aliases) { Administrator = Mailbox.FromStored(administrator) };
            var found = directory.ResolveRecipient(postmaster);
            Assert.Equal((AddressClass.LocalExisting, administrator, account, "ACCT-6"), (found.Class, found.Real.ToString(), found.Account?.Id ?? 0, found.Rule));
            Assert.Equal(AddressClass.LocalMissing, directory.Classify(postmaster));
            Assert.Equal(AddressClass.LocalMissing, directory.ResolveRecipient(Mailbox.FromStored("nobody@example.jp")).Class);
            Assert.Equal(AddressClass.Outside, directory.ResolveRecipient(Mailbox.FromStored("postmaster@example.org")).Class);
        }
        plain.Accounts.Put(new Account { Id = 9, Address = Mailbox.FromStored("postmaster@example.jp") });
        Assert.Equal((9L, AddressClass.LocalExisting), (plain.ResolveRecipient(postmaster).Account!.Id, plain.Classify(postmaster)));
    }

    private static string Real(MailDirectory directory, string address) => directory.Resolve(Mailbox.FromStored(address)).Real.ToString();

    private static string Envelope(MailDirectory directory, string address) => directory.Resolve(Mailbox.FromStored(address)).Envelope.ToString();

    private static MailDirectory Directory(string domains, string[] accounts, params string[] aliases)
    {
        var index = new AccountIndex();
        foreach (var (address, i) in accounts.Select((address, i) => (address, i)))
            index.Put(new Account { Id = i + 1, Address = Mailbox.FromStored(address) });
        var names = new AliasIndex();
        foreach (var line in aliases)
        {
            var (name, real) = (line.Split(" -> ")[0], line.Split(" -> ")[1]);
            var mode = real.EndsWith(",0", StringComparison.Ordinal) ? AliasMode.Keep : real.EndsWith(",1", StringComparison.Ordinal) ? AliasMode.Replace : AliasMode.ByDomain;
            names.Put(new Alias(Mailbox.FromStored(name), Mailbox.FromStored(real.Split(',')[0]), mode));
        }
        return new MailDirectory(OperatedDomains.Parse(domains).Domains, index, names);
    }
}
