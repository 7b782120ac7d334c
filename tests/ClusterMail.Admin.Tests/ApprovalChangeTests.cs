using ClusterMail.Admin.Contract;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin.Tests;

/// <summary>Policies, lists, groups and proxies over the HTTP API (chapter 22, section 5).</summary>
public sealed class ApprovalChangeTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    [Fact]
    public async Task APPROVE_235_of_two_who_edit_the_same_policy_the_second_is_refused_and_both_texts_can_be_compared()
    {
        await using var host = await AdminHost.StartAsync();
        await AccountsAsync(host, ["bucho", "kacho", "jomu", .. Enumerable.Range(0, 6).Select(i => $"a{i}")]);
        var path = Routes.Fill(Routes.ApprovalPolicy, "corp.example");
        await host.SendAsync(HttpMethod.Put, path, new PolicySave("*:1::bucho@corp.example", 0), Json.PolicySave, Json.PolicySaved);
        // Both have read version 1.
        await host.SendAsync(HttpMethod.Put, path, new PolicySave("*:1::kacho@corp.example", 1), Json.PolicySave, Json.PolicySaved, user: "anna");
        var refused = await host.RefusedAsync(HttpMethod.Put, path, new PolicySave("*:1::jomu@corp.example", 1), Json.PolicySave, user: "ben");
        Assert.Equal((409, "APPROVE-235"), (refused.Status, refused.Rule));
        Assert.Contains("version 2", refused.Title, StringComparison.Ordinal);
        var versions = (await host.GetAsync(Routes.Fill(Routes.ApprovalPolicyHistory, "corp.example"), Json.PolicyHistory)).Versions;
        Assert.Equal([(2L, "anna", "*:1::kacho@corp.example"), (1L, "tester", "*:1::bucho@corp.example")], versions.Select(version => (version.Version, version.SavedBy, version.Text)));
        // Two at the same moment: one version, one refusal.
        var saves = await Task.WhenAll(Enumerable.Range(0, 6).Select(i => SaveAsync(host, path, new PolicySave($"*:1::a{i}@corp.example", 2))));
        Assert.Equal((1, 5), (saves.Count(status => status == 200), saves.Count(status => status == 409)));
    }

    /// <summary>Of corp.example: an approver must be somebody.</summary>
    private static Task AccountsAsync(AdminHost host, params IReadOnlyList<string> names) => host.Database.ExecuteAsync(
        "INSERT INTO account (changed, domain, name) SELECT next_directory_version(), 'corp.example', name FROM unnest($1) AS name", (object)names.ToArray());

    private static async Task<int> SaveAsync(AdminHost host, string path, PolicySave save)
    {
        using var answer = await host.Client.PutAsync(path, System.Net.Http.Json.JsonContent.Create(save, Json.PolicySave), TestContext.Current.CancellationToken);
        return (int)answer.StatusCode;
    }

    [Fact]
    public async Task APPROVE_234_what_an_administrator_changes_of_approval_is_in_its_audit_with_his_name()
    {
        await using var host = await AdminHost.StartAsync();
        await AccountsAsync(host, "bucho", "kacho");
        await host.SendAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "corp.example"), new PolicySave("*:1::bucho@corp.example"), Json.PolicySave, Json.PolicySaved, user: "anna");
        await host.SendAsync(HttpMethod.Put, Routes.ApprovalKeywords, new KeywordEntry("secret.txt", "社外秘"), Json.KeywordEntry, Json.ApprovalDone, user: "anna");
        await host.SendAsync(HttpMethod.Put, Routes.ApprovalGroups, new ApproverGroupEntry("heads", ["bucho@corp.example"]), Json.ApproverGroupEntry, Json.ApprovalDone, user: "anna");
        await host.SendAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalProxy, "bucho@corp.example"), new ProxySet("kacho@corp.example"), Json.ProxySet, Json.ApprovalDone, user: "anna");
        using (await host.Client.DeleteAsync(Routes.Fill(Routes.ApprovalProxy, "bucho@corp.example"), TestContext.Current.CancellationToken))
            await new AuditStore(host.Database.Source).ChainAsync(default);
        var records = (await host.Client.GetStringAsync(Routes.ApprovalAudit, TestContext.Current.CancellationToken)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        foreach (var type in (string[])["POLICY_SAVED", "KEYWORDS_SAVED", "GROUP_SAVED", "PROXY_SET"])
            Assert.Contains(records, record => record.Contains($"\"type\":\"{type}\"", StringComparison.Ordinal) && record.Contains("\"approver\":\"admin:anna\"", StringComparison.Ordinal));
        Assert.Contains(records, record => record.Contains("\"type\":\"PROXY_CLEARED\"", StringComparison.Ordinal));
    }

    [Fact]
    public async Task APPROVE_230_approvers_and_policies_are_set_over_the_administration_and_read_back_as_written()
    {
        await using var host = await AdminHost.StartAsync();
        await AccountsAsync(host, "bucho", "kacho", "jomu");
        const string Text = "' our own people\n*@corp.example:0\n*:2:list=secret.txt:@heads>jomu@corp.example;all;expire=3d";
        await host.SendAsync(HttpMethod.Put, Routes.ApprovalGroups, new ApproverGroupEntry("@heads", ["bucho@corp.example", "kacho@corp.example"]), Json.ApproverGroupEntry, Json.ApprovalDone);
        await host.SendAsync(HttpMethod.Put, Routes.ApprovalKeywords, new KeywordEntry(@"C:\mail\secret.txt", "社外秘\n見積"), Json.KeywordEntry, Json.ApprovalDone);
        await host.SendAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "corp.example"), new PolicySave(Text), Json.PolicySave, Json.PolicySaved);
        Assert.Equal(Text, (await host.GetAsync(Routes.Fill(Routes.ApprovalPolicy, "corp.example"), Json.PolicyText)).Text);
        Assert.Equal(("domain", "corp.example", 2), Assert.Single((await host.GetAsync(Routes.ApprovalPolicies, Json.PolicyList)).Policies) is var entry ? (entry.Level, entry.Owner, entry.Lines) : default);
        Assert.Equal(("secret.txt", "社外秘\n見積"), Assert.Single((await host.GetAsync(Routes.ApprovalKeywords, Json.KeywordLists)).Lists) is var list ? (list.Name, list.Text) : default);
        Assert.Equal(["bucho@corp.example", "kacho@corp.example"], Assert.Single((await host.GetAsync(Routes.ApprovalGroups, Json.ApproverGroups)).Groups).Members);
    }
}
