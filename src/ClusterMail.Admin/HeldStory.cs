using ClusterMail.Admin.Contract;
using ClusterMail.Approval;
using ClusterMail.Store.Approval;

namespace ClusterMail.Admin;

/// <summary>The whole story of held groups: who was asked, voted and decided, what was written, every attempt (APPROVE-322).</summary>
internal sealed class HeldStory(HoldReader reader, HoldJobs jobs, AuditStore audit)
{
    /// <summary>The groups a number leads to: HoldId, SubmissionId, or the new number of a decision.</summary>
    public async Task<IReadOnlyList<HeldMail>> OfAsync(long number, CancellationToken cancel)
    {
        var stories = new List<HeldMail>();
        foreach (var row in (await reader.ByNumberAsync(number, cancel)).Where(row => !row.Free))
            stories.Add(await OfAsync(row, cancel));
        return stories;
    }

    public async Task<HeldMail> OfAsync(HoldRow row, CancellationToken cancel)
    {
        var siblings = await reader.SiblingsAsync(row.Id, cancel);
        return HeldText.Whole(
            row, [.. siblings.Where(other => other.Id != row.Id && !other.Free).Select(other => new HoldId(other.Id).ToString())], await jobs.OfAsync(row.Id, cancel), await audit.OfAsync([row.Id], cancel));
    }
}
