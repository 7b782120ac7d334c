using ClusterMail.Accounts;
using ClusterMail.Approval.Policies;
using ClusterMail.Protocol;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests;

/// <summary>Whose policy a mail has to pass (APPROVE-5 to APPROVE-9).</summary>
public class RequesterTests
{
    private static string[] AtMail(string? identity, string from)
    {
        var path = from.Length == 0 ? ReversePath.Null : new ReversePath(To(from));
        return [.. Requesters.AtMail(identity is null ? null : Account(identity), path, path.IsNull ? new Resolution(AddressClass.Outside, To("x"), To("x"), null, "") : Directory().Resolve(To(from)))
            .Select(one => one.Address.ToString())];
    }

    [Fact]
    public void APPROVE_6_the_envelope_sender_chooses_the_policy() => Assert.Equal([User2], AtMail(null, User2));

    [Fact]
    public void APPROVE_7_the_authenticated_account_counts_as_well_and_comes_first()
    {
        Assert.Equal([Bucho, User2], AtMail(Bucho, User2));
        Assert.Equal([User2], AtMail(User2, User2));
        Assert.Equal([User2], AtMail(User2, "someone@elsewhere.example"));
    }

    [Fact]
    public void APPROVE_8_an_alias_uses_the_policy_of_the_account_behind_it() => Assert.Equal([User2], AtMail(null, "second@corp.example"));

    [Fact]
    public void APPROVE_5_a_sender_who_is_none_of_ours_has_no_policy()
    {
        Assert.Empty(AtMail(null, "x@elsewhere.example"));
        Assert.Equal(["anybody@branch.example"], AtMail(null, "anybody@branch.example"));
        // An alias that leads outside is ours; the customer behind it is nobody's requester.
        Assert.Equal(["gaibu@corp.example"], AtMail(null, "gaibu@corp.example"));
    }

    [Fact]
    public async Task APPROVE_9_a_null_sender_passes_only_as_a_report_or_an_automatic_answer()
    {
        Assert.Empty(AtMail(null, ""));
        Assert.Equal([User2], AtMail(User2, ""));
        async Task<string[]> Of(string header) => [.. Requesters.OfNullSender(await InspectAsync($"From: Taro <{User2}>\n{header}\n\n--b\n\ntext\n--b--\n"), Directory()).Select(one => one.Address.ToString())];
        Assert.Empty(await Of("Content-Type: multipart/report; boundary=b; report-type=delivery-status"));
        Assert.Empty(await Of("Auto-Submitted: auto-replied"));
        Assert.Equal([User2], await Of("Auto-Submitted: no"));
        Assert.Equal([User2], await Of("Subject: secret"));
    }

    [Theory]
    [InlineData("From: Taro <user2@corp.example>\nX: Content-Type: multipart/report\n", "user2@corp.example")]
    [InlineData("From: second@corp.example\n", "user2@corp.example")]
    [InlineData("From: x@elsewhere.example\n", "")]
    [InlineData("Subject: no From at all\n", "")]
    public async Task APPROVE_9_everything_else_is_judged_by_From_or_by_the_level_of_the_system(string header, string requester) =>
        Assert.Equal(requester, Assert.Single(Requesters.OfNullSender(await InspectAsync($"{header}\ntext\n"), Directory())).Address.ToString().TrimEnd('@'));

    [Fact]
    public async Task APPROVE_9_a_report_that_cannot_be_read_to_its_end_is_no_way_around()
    {
        var content = await InspectAsync($"From: {User2}\nContent-Type: multipart/report; report-type=delivery-status\n\ntext\n");
        Assert.NotNull(content.Unreadable);
        Assert.Single(Requesters.OfNullSender(content, Directory()));
    }
}
