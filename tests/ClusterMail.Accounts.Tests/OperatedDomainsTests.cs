namespace ClusterMail.Accounts.Tests;

public class OperatedDomainsTests
{
    [Theory]
    [InlineData("example.jp", 1)]
    [InlineData("example.jp mailbox", 1)]
    [InlineData("example relay", 1)]
    [InlineData("*.example.jp relay", 1)]
    [InlineData("192.0.2.1 relay", 1)]
    [InlineData("example..jp relay", 1)]
    [InlineData("a.example relay\nb.example relay\nA.EXAMPLE. relay", 3)]
    public void DOM_1_a_wrong_line_of_the_domain_table_is_refused_by_line(string text, int line) =>
        Assert.Equal(line, Assert.Single(OperatedDomains.Parse(text).Errors).Line);

    [Theory]
    [InlineData("example.jp", true)]
    [InlineData("EXAMPLE.JP.", true)]
    [InlineData("xn--r8jz45g.jp", true)]
    [InlineData("例え.jp", true)]
    [InlineData("sub.example.jp", false)]
    [InlineData("", false)]
    public void DOM_1_a_domain_is_the_same_however_it_is_written(string domain, bool operated)
    {
        var (domains, errors) = OperatedDomains.Parse("' ours\nexample.jp relay\n例え.jp relay\n");
        Assert.Empty(errors);
        Assert.Equal(operated, domains.Contains(domain));
    }

    [Fact]
    public void STORE_2_login_says_who_proves_passwords_also_for_domains_that_share_their_mailboxes()
    {
        var (domains, errors) = OperatedDomains.Parse("example.jp local login=ldap\nexample.com local login=database\nexample.net local shared_with=example.jp\nexample.org relay\n");
        Assert.Empty(errors);
        Assert.Equal([true, false, true, false, false], new[] { "EXAMPLE.jp", "example.com", "example.net", "example.org", "other.example" }.Select(domains.ByLdap));
        Assert.Equal(("STORE-2", 1), OperatedDomains.Parse("example.jp local login=radius").Errors.Select(error => (error.Rule, error.Line)).Single());
    }

    [Fact]
    public void DOM_7_a_domain_is_bound_to_its_local_addresses_and_has_its_other_options()
    {
        var (domains, errors) = OperatedDomains.Parse("example.jp local max_accounts=50 address=192.0.2.10,2001:db8::1 zone=Asia/Tokyo delivery=lmtp:192.0.2.20:24\n");
        Assert.Empty(errors);
        var domain = domains.Find("example.jp")!;
        Assert.Equal(["192.0.2.10", "2001:db8::1"], domain.Addresses.Select(address => address.ToString()));
        Assert.Equal((true, 50, "Asia/Tokyo", "lmtp:192.0.2.20:24"), (domain.Keeps, domain.MaxAccounts, domain.TimeZone, domain.Delivery));
    }

    [Theory]
    [InlineData("example.jp local", 0)]
    [InlineData("example.jp local max_accounts=0", 0)]
    [InlineData("example.jp local max_accounts=50", 50)]
    public void CONF_16_a_domain_s_accounts_are_unlimited_or_as_many_as_its_line_says(string line, int most) =>
        Assert.Equal(most, OperatedDomains.Parse(line).Domains.Find("example.jp")!.MaxAccounts);

    [Fact]
    public void CONF_17_mailboxes_are_separated_unless_a_domain_shares_another_s()
    {
        var (domains, errors) = OperatedDomains.Parse("example.jp local\nexample.net local\nexample.org local shared_with=example.jp\n");
        Assert.Empty(errors);
        Assert.Equal([null, null, "example.jp"], domains.All.OrderBy(d => d.Name, StringComparer.Ordinal).Select(d => d.SharedWith));
    }

    [Theory]
    [InlineData("example.jp local max_accounts=-1", "DOM-2")]
    [InlineData("example.jp local address=here", "DOM-7")]
    [InlineData("example.jp local shared_with=example.net", "DOM-9")]
    [InlineData("example.jp local zone=Moon", "UTIME-3")]
    [InlineData("example.jp local colour=red", "DOM-1")]
    public void DOM_2_a_wrong_option_of_a_domain_is_refused_by_rule(string line, string rule) => Assert.Equal(rule, Assert.Single(OperatedDomains.Parse(line).Errors).Rule);
}
