using ClusterMail.Admin.Contract;
using ClusterMail.Migration;

namespace ClusterMail.Cli.Import;

/// <summary>Keyword lists of approval (APPROVE-95).</summary>
internal sealed class KeywordStep(AdminClient client, EpostPlan plan, bool dryRun)
{
    public async Task RunAsync(CancellationToken cancel)
    {
        if (plan.Keywords.Count == 0)
            return;
        var present = (await client.GetAsync(Routes.ApprovalKeywords, AdminJson.Default.KeywordLists, cancel)).Value.Lists;
        foreach (var list in plan.Keywords)
        {
            if (present.Any(known => known.Text == list.Text && known.Name.Equals(list.Name, StringComparison.OrdinalIgnoreCase) && string.Equals(known.Owner, list.Owner, StringComparison.OrdinalIgnoreCase)))
                foreach (var finding in list.Findings)
                    plan.Log.Present(finding);
            else if (!dryRun)
                await client.SendAsync(HttpMethod.Put, Routes.ApprovalKeywords, new KeywordEntry(list.Name, list.Text, list.Owner), AdminJson.Default.KeywordEntry, AdminJson.Default.ApprovalDone, cancel);
        }
    }
}
