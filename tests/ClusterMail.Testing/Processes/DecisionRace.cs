using System.Collections.Concurrent;

namespace ClusterMail.Testing.Processes;

/// <summary>Several people decide about each of many held mails at the same moment on different nodes; one in twenty nobody decides.</summary>
public sealed class DecisionRace(ApprovalFarm farm, int seed)
{
    private const int LeftAlone = 20;
    private readonly ConcurrentDictionary<long, IReadOnlyList<Decider.Answer>> _answers = new();

    /// <summary>By HoldId; mails nobody decided have none.</summary>
    public IReadOnlyDictionary<long, IReadOnlyList<Decider.Answer>> Answers => _answers;

    /// <param name="atOnce">Mails that are being decided at any moment.</param>
    public async Task RunAsync(IReadOnlyList<HeldLoad.Held> mails, int atOnce)
    {
        using var decider = new Decider(farm);
        await Parallel.ForEachAsync(mails.Select((mail, index) => (mail, index)).Where(one => one.index % LeftAlone != 0), new ParallelOptions { MaxDegreeOfParallelism = atOnce }, async (one, _) =>
            _answers[one.mail.Id] = await Task.WhenAll(ActsOn(one.index).Select(act => decider.DecideAsync(one.mail, act))));
    }

    /// <summary>Two to four acts, at least one against another, each first tried on another node.</summary>
    private IEnumerable<Decider.Act> ActsOn(int index)
    {
        var random = new Random(HashCode.Combine(seed, index));
        var count = random.Next(2, 5);
        for (var i = 0; i < count; i++)
        {
            var approver = ApprovalFarm.Approvers[random.Next(ApprovalFarm.Approvers.Count)];
            yield return random.Next(12) switch
            {
                0 => new Decider.Act("release", null, false, index + i),
                1 => new Decider.Act("discard", null, false, index + i),
                2 => new Decider.Act("withdraw", ApprovalFarm.Requester, false, index + i),
                < 7 => new Decider.Act(i % 2 == 0 ? "approve" : "reject", approver, false, index + i),
                _ => new Decider.Act(i % 2 == 0 ? "approve" : "reject", approver, true, index + i),
            };
        }
    }
}
