using ClusterMail.Store.Approval;
using Npgsql;

namespace ClusterMail.Store.Tests;

public sealed class AuditTests
{
    private static async Task<HoldScene> WithChainAsync(int records)
    {
        var scene = await HoldScene.StartAsync();
        await scene.Holds.AuditAsync([.. Enumerable.Range(1, records).Select(i => new AuditLine(i, $"{{\"type\":\"HELD\",\"hold\":\"B{i:D10}\",\"note\":\"承認\"}}"))], default);
        Assert.Equal(records, await scene.Audit.ChainAsync(default));
        return scene;
    }

    /// <summary>As somebody with the power to switch the guard off would.</summary>
    private static Task TamperAsync(HoldScene scene, string sql) =>
        scene.Scene.Database.ExecuteAsync($"ALTER TABLE audit DISABLE TRIGGER USER; {sql}; ALTER TABLE audit ENABLE TRIGGER USER");

    [Fact]
    public void APPROVE_331_the_hash_is_that_of_the_printed_example()
    {
        const string first = """{"seq":1,"ts":"2026-11-24T01:15:02.118Z","type":"HELD","hold":"B0000500101"}""";
        const string second = """{"seq":2,"ts":"2026-11-24T01:16:19.402Z","type":"APPROVED","hold":"B0000500101","by":"bucho@corp.example"}""";
        var h1 = AuditStore.Next(AuditStore.Origin, first);
        Assert.Equal("fa16b15d6105e5211632261f9f5af06c7cb19a1fc09da4413cbe14506c6acf4c", h1);
        Assert.Equal("f35699ec0f7dedbd74fd8814d8083c9f79063032802cf0f2fbb7c183c2ab98fa", AuditStore.Next(h1, second));
    }

    [Fact]
    public async Task APPROVE_331_the_chain_the_database_makes_is_the_one_the_check_computes()
    {
        await using var scene = await WithChainAsync(2500);
        var head = (await scene.Audit.HeadAsync(default))!;
        var verdict = await scene.Audit.VerifyAsync((head.Seq, head.Hash), default);
        Assert.Equal(new AuditVerdict(2500, head.Hash, 0, null), verdict);
        Assert.Matches("""^\{"seq":2500,"ts":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z","type":"HELD",""", head.Record);
    }

    [Theory]
    [InlineData("UPDATE audit SET record = replace(record, 'HELD', 'HOLD') WHERE seq = 7", 7)]
    [InlineData("DELETE FROM audit WHERE seq = 12", 12)]
    [InlineData("UPDATE audit SET seq = 99 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = 5; UPDATE audit SET seq = 5 WHERE seq = 99", 4)]
    [InlineData("UPDATE audit SET seq = seq + 1000 WHERE seq > 9; UPDATE audit SET seq = seq - 999 WHERE seq > 1000", 10)]
    [InlineData("UPDATE audit SET hash = repeat('0', 64) WHERE seq = 20", 20)]
    [InlineData("DELETE FROM audit WHERE seq = 1", 1)]
    public async Task APPROVE_332_the_check_names_the_first_record_that_was_changed_cut_out_or_swapped(string harm, long brokenAt)
    {
        await using var scene = await WithChainAsync(20);
        await TamperAsync(scene, harm);
        var verdict = await scene.Audit.VerifyAsync(null, default);
        Assert.Equal(brokenAt, verdict.BrokenAt);
        Assert.NotNull(verdict.Fault);
    }

    [Fact]
    public async Task APPROVE_332_a_chain_cut_at_its_end_or_made_anew_is_found_by_the_hash_noted_outside()
    {
        await using var scene = await WithChainAsync(20);
        var head = (await scene.Audit.HeadAsync(default))!;
        await TamperAsync(scene, "DELETE FROM audit WHERE seq > 15");
        Assert.Null((await scene.Audit.VerifyAsync(null, default)).Fault);
        Assert.Equal(16, (await scene.Audit.VerifyAsync((head.Seq, head.Hash), default)).BrokenAt);

        await scene.Holds.AuditAsync([.. Enumerable.Range(1, 5).Select(i => new AuditLine(i, """{"type":"FORGED"}"""))], default);
        await scene.Audit.ChainAsync(default);
        Assert.Null((await scene.Audit.VerifyAsync(null, default)).Fault);
        Assert.Equal(20, (await scene.Audit.VerifyAsync((head.Seq, head.Hash), default)).BrokenAt);
    }

    [Fact]
    public async Task APPROVE_332_records_are_only_added()
    {
        await using var scene = await WithChainAsync(3);
        foreach (var sql in (string[])["UPDATE audit SET hash = ''", "DELETE FROM audit", "TRUNCATE audit"])
            await Assert.ThrowsAsync<PostgresException>(() => scene.Scene.Database.ExecuteAsync(sql));
        Assert.Equal(3, await scene.Scene.CountAsync("audit"));
    }

    [Fact]
    public async Task APPROVE_333_many_writers_and_many_chainers_at_once_make_one_chain_without_gap()
    {
        await using var scene = await HoldScene.StartAsync();
        await Task.WhenAll(Enumerable.Range(0, 8).Select(writer => Task.Run(async () =>
        {
            for (var i = 0; i < 40; i++)
            {
                await scene.Holds.AuditAsync([new AuditLine(writer, $"{{\"type\":\"VOTE\",\"writer\":{writer},\"i\":{i}}}")], default);
                if (i % 4 == writer % 4)
                    await scene.Audit.ChainAsync(default);
            }
        })));
        await scene.Audit.ChainAsync(default);
        var verdict = await scene.Audit.VerifyAsync(null, default);
        Assert.Equal((320L, null), (verdict.Records, verdict.Fault));
        Assert.Equal((0, 320L), ((await scene.Audit.WaitingAsync(default)).Entries, await scene.Scene.CountAsync("audit")));
    }
}
