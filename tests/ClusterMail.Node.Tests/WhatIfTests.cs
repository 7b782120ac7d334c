using ClusterMail.Approval.Policies;
using static ClusterMail.Node.Tests.PageScene;

namespace ClusterMail.Node.Tests;

/// <summary>A draft of a policy over the envelopes of past mails.</summary>
public sealed class WhatIfTests
{
    private static string Said(Admin.Contract.PolicyWhatIfResult result) =>
        $"{result.Mails}: {result.Sent} sent, {result.Held} held, {result.Refused} refused, {result.DependsOnContent} depend; {string.Join(", ", result.Approvers.OrderBy(one => one.Key, StringComparer.Ordinal).Select(one => $"{one.Key} {one.Value}"))}";

    private static Task EndedAsync(PageScene scene, long id, string from, string to, string? name = null, short ordinal = 0) => scene.Database.ExecuteAsync(
        "INSERT INTO history (mail_id, accepted_at, size, ordinal, attempts, outcome, name, node, accepted_node, reverse_path, forward_path, destination, reply, client_address) VALUES ($1, now() - interval '1 hour', 1000, $5, 1, 'delivered', $4, 'n1', 'n1', $2, $3, 'x', '250', '192.0.2.1')",
        id, from, to, name ?? (object)DBNull.Value, ordinal);

    [Fact]
    public async Task APPROVE_520_a_draft_says_how_many_past_mails_it_would_send_hold_and_refuse_for_each_approver_and_each_mail_counts_once()
    {
        await using var scene = await StartAsync("*@corp.example:0\n*:1::bucho@corp.example");
        // One that is held: its envelope counts, and after its release it does not count again under its new number.
        var hold = await scene.HoldAsync(to: $"{Okyaku},tanto@partner.example");
        using var browser = scene.Open();
        await browser.LogInAsync($"/h/{new Protocol.MessageId(hold.Id)}", Bucho);
        // Two companies in one mail: the page asks twice.
        await browser.SubmitAsync($"/h/{new Protocol.MessageId(hold.Id)}", ("verb", "approval"), ("confirm", "1"));
        await EndedAsync(scene, (await scene.AgainAsync(hold)).Decision!.ResultId, User2, Okyaku);
        await EndedAsync(scene, 9001, User2, "user1@corp.example");
        await EndedAsync(scene, 9001, User2, "x@rival.example", ordinal: 1);
        await EndedAsync(scene, 9002, "user1@corp.example", Okyaku);
        // Not ours, and what this cluster wrote itself.
        await EndedAsync(scene, 9003, Okyaku, User2);
        await EndedAsync(scene, 9004, User2, Okyaku, "B0000000001-A0001");
        await EndedAsync(scene, 9005, User2, "tanto@partner.example");
        Assert.Equal("4: 1 sent, 1 held, 1 refused, 1 depend; jomu@corp.example 1",
            Said(await scene.WhatIfAsync(LevelKind.Account, User2, "*@corp.example:0\n*@rival.example:-1\n*@partner.example:2::kacho@corp.example\n*:1::jomu@corp.example")));
        // The account's own policy stays in front of a draft of the system's, which concerns the others.
        Assert.Equal("4: 0 sent, 4 held, 0 refused, 0 depend; bucho@corp.example 3, kanri@corp.example 1", Said(await scene.WhatIfAsync(LevelKind.System, "", "*:1::kanri@corp.example")));
    }
}
