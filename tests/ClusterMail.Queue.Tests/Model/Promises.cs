namespace ClusterMail.Queue.Tests.Model;

/// <summary>What must hold in every state (design §1).</summary>
internal static class Promises
{
    /// <summary>The promise that is broken here; null: none.</summary>
    public static string? Broken(ModelFarm farm)
    {
        for (var m = 0; m < farm.Bounds.Mails; m++)
            if (Broken(farm, m) is { } promise)
                return promise;
        return null;
    }

    private static string? Broken(ModelFarm farm, int m)
    {
        var (judge, row) = (farm.Judge, farm.Judge.Rows[m]);
        if (farm.Told[m] && row == RowState.Absent)
            return "P1: a mail with a 250 is gone";
        if (row == RowState.Ended && farm.Copies[m] == 0)
            return "P2: a mail left the queue, and nobody has it";
        if (row == RowState.Owned && !judge.InForce(judge.Owner[m]))
            return "an owner out of force: nobody frees the row";
        if (farm.Nodes.Count(node => node.Runs && node.Hands[m] is Hand.Attempt or Hand.Dotted or Hand.Taken) > 1)
            return "P4: two nodes deliver the same mail at the same time";
        return farm.Copies[m] > 1 && !judge.Noted[m] ? "P4: a duplicate that is not on record" : null;
    }

    /// <summary>Everything taken has arrived.</summary>
    public static bool AllDelivered(ModelFarm farm) => farm.Judge.Rows.All(row => row is RowState.Absent or RowState.Ended);
}
