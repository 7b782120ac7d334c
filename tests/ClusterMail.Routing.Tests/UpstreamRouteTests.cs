using ClusterMail.Accounts;
using ClusterMail.Protocol;

namespace ClusterMail.Routing.Tests;

/// <summary>The login of a route line, and whose it is (APPROVE-405, APPROVE-425).</summary>
public sealed class UpstreamRouteTests
{
    private static readonly Mailbox Okyaku = Mailbox.FromStored("okyaku@client.example");

    private static Router Router(string table, string? postmaster = "kanri@corp.example")
    {
        var accounts = new AccountIndex();
        foreach (var (number, name) in ((string[])["user1", "user2", "kanri"]).Index())
            accounts.Put(new Account { Id = number + 1, Address = new Mailbox(name, "corp.example") });
        return new Router
        {
            Table = RouteTable.Parse(table, out var errors) is var parsed && errors.IsEmpty ? parsed : throw new InvalidOperationException(errors[0].ToString()),
            Directory = new MailDirectory(OperatedDomains.Parse("corp.example local").Domains, accounts, new AliasIndex()),
            ForwardAll = true,
            Postmaster = postmaster is null ? null : Mailbox.FromStored(postmaster),
        };
    }

    private static Gateway Way(Router router, string sender, Mailbox? to = null, bool isSystemMail = false) =>
        Assert.Single(router.Decide(ReversePath.FromStored(sender), to ?? Okyaku, isSystemMail).Gateways);

    [Fact]
    public void APPROVE_405_lines_route_by_recipient_by_sender_or_by_both_and_the_first_match_wins()
    {
        var router = Router("""
            client.example|user1@corp.example,both.example,587,per-user
            *|user1@corp.example,sender.example,587,none
            *|*@branch.example,branch.example,465*,fixed:branch
            client.example,recipient.example,587,oauth
            *,rest.example
            """.ReplaceLineEndings("\n"));
        Assert.Equal("both.example", Way(router, "user1@corp.example").Host);
        Assert.Equal("sender.example", Way(router, "user1@corp.example", Mailbox.FromStored("x@other.example")).Host);
        Assert.Equal("branch.example", Way(router, "anybody@branch.example").Host);
        Assert.Equal("recipient.example", Way(router, "user2@corp.example").Host);
        Assert.Equal("rest.example", Way(router, "user2@corp.example", Mailbox.FromStored("x@other.example")).Host);
    }

    [Theory]
    [InlineData("none", null, "", "auto", LoginTls.Required)]
    [InlineData("branch-relay", LoginKind.Fixed, "branch-relay", "auto", LoginTls.Required)]
    [InlineData("fixed:one;auth=login", LoginKind.Fixed, "one", "LOGIN", LoginTls.Required)]
    [InlineData("per-user", LoginKind.PerUser, "", "auto", LoginTls.Required)]
    [InlineData("per-user;auth=CRAM-MD5;tls=clear", LoginKind.PerUser, "", "CRAM-MD5", LoginTls.Clear)]
    [InlineData("oauth; tls=verified", LoginKind.PerUser, "", "XOAUTH2", LoginTls.Verified)]
    [InlineData("own", LoginKind.Own, "", "auto", LoginTls.Required)]
    public void APPROVE_405_APPROVE_423_a_login_is_read_with_its_method_and_its_TLS(string text, LoginKind? kind, string name, string mechanism, LoginTls tls)
    {
        Assert.True(GatewayLogin.TryParse(text, out var login, out _));
        Assert.Equal(kind, login?.Kind);
        if (login is not null)
            Assert.Equal((name, mechanism, tls), (login.Name, login.Mechanism, login.Tls));
    }

    [Theory]
    [InlineData("per user")]
    [InlineData("per-user;auth=DIGEST-MD5")]
    [InlineData("per-user;tls=maybe")]
    [InlineData("none;auth=PLAIN")]
    [InlineData("fixed:")]
    [InlineData("user=taro password=x")]
    public void APPROVE_405_what_is_no_login_is_refused_with_line_and_column(string text)
    {
        RouteTable.Parse($"a.example,gw.example\n*,gw.example,587,{text}", out var errors);
        Assert.Equal((2, 18, "GWT-9"), (errors.Single().Line, errors.Single().Column, errors.Single().Rule));
    }

    [Fact]
    public void APPROVE_425_the_login_is_that_of_the_senders_account_whatever_case_he_writes()
    {
        var login = Way(Router("*,gw.example,587,per-user"), "User2@CORP.example").Login!;
        Assert.Equal(("user2@corp.example", null), ($"{login.Account}", login.Instead));
    }

    [Fact]
    public void APPROVE_425_for_the_null_reverse_path_it_is_the_addressees_and_the_postmasters_behind_it()
    {
        var router = Router("*,gw.example,587,per-user");
        var ours = Way(router, "", Mailbox.FromStored("user1@corp.example")).Login!;
        Assert.Equal(("user1@corp.example", "kanri@corp.example"), ($"{ours.Account}", $"{ours.Instead}"));
        var strange = Way(router, "").Login!;
        Assert.Equal(("kanri@corp.example", null), ($"{strange.Account}", strange.Instead));
        Assert.Equal("kanri@corp.example", $"{Way(router, "stranger@example.net").Login!.Account}");
        Assert.Null(Way(Router("*,gw.example,587,per-user", postmaster: null), "").Login!.Account);
    }

    [Fact]
    public void APPROVE_426_only_what_we_wrote_may_fall_back_on_the_postmaster()
    {
        var router = Router("*,gw.example,587,per-user");
        Assert.Equal("kanri@corp.example", $"{Way(router, "user1@corp.example", isSystemMail: true).Login!.Instead}");
        Assert.Null(Way(router, "user1@corp.example").Login!.Instead);
        Assert.Null(Way(router, "kanri@corp.example", isSystemMail: true).Login!.Instead);
    }

    [Fact]
    public void APPROVE_425_mail_of_two_logins_waits_apart_and_counts_for_one_place()
    {
        var router = Router("*,gw.example,587,per-user");
        var (one, other) = (router.Decide(ReversePath.FromStored("user1@corp.example"), Okyaku), router.Decide(ReversePath.FromStored("user2@corp.example"), Okyaku));
        Assert.NotEqual(one.Destination, other.Destination);
        Assert.Equal("[gw.example]:587", one.Gateways[0].Place);
        Assert.Equal(one.Gateways[0].Place, other.Gateways[0].Place);
    }
}
