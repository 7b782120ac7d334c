using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Tokens;

namespace ClusterMail.Approval.Tests.Tokens;

public class TokenKeyRingTests
{
    private static byte[] Secret(byte fill) => [.. Enumerable.Repeat(fill, TokenKey.Octets)];

    [Fact]
    public void APPROVE_136_a_key_signs_for_90_days_and_checks_after_that()
    {
        var ring = Vectors.Ring;
        Assert.False(ring.IsRotationDue(Vectors.K1.CreatedAt.AddDays(89)));
        Assert.True(ring.IsRotationDue(Vectors.K1.CreatedAt.AddDays(90)));
        var rotated = ring.Rotate(Secret(7), Vectors.Now);
        Assert.Equal("k2", rotated.Current.Id);
        var attempt = Vectors.Attempt(Vectors.Bucho);
        Assert.True(DecisionCheck.Judge(attempt, Vectors.Held(), rotated, new DecisionRules(), false).MayCommit);
        var issuedNow = DecisionTexts.Issue(Vectors.Hold(500101), Vectors.Three, Vectors.Bucho, Vectors.ContentSha256, rotated.Current);
        Assert.True(DecisionCheck.Judge(attempt with { Text = issuedNow.Approve }, Vectors.Held(), rotated, new DecisionRules(), false).MayCommit);
    }

    [Fact]
    public void APPROVE_136_an_old_key_goes_when_no_open_mail_needs_it()
    {
        var ring = Vectors.Ring.Rotate(Secret(7), Vectors.Now).Rotate(Secret(8), Vectors.Now);
        Assert.Equal(["k2", "k1"], ring.Older.Select(key => key.Id));
        Assert.Equal(["k1"], ring.Retire(new HashSet<string> { "k1" }).Older.Select(key => key.Id));
        Assert.Null(ring.Retire(new HashSet<string>()).Find("k1"));
    }

    [Fact]
    public void APPROVE_136_withdrawing_a_key_makes_its_tokens_invalid_at_once()
    {
        var ring = Vectors.Ring.Withdraw("k1", Secret(9), Vectors.Now);
        Assert.Equal("k2", ring.Current.Id);
        Assert.Equal(ResultCode.BadToken, DecisionCheck.Judge(Vectors.Attempt(Vectors.Bucho), Vectors.Held(), ring, new DecisionRules(), false).Failure);
    }

    [Fact]
    public void APPROVE_136_a_key_has_256_bit_and_never_shows_them()
    {
        Assert.Throws<ArgumentException>(() => new TokenKey("k1", new byte[31], Vectors.Now));
        Assert.Throws<ArgumentException>(() => new TokenKey("toolong", new byte[32], Vectors.Now));
        Assert.Throws<ArgumentException>(() => new TokenKey("k.", new byte[32], Vectors.Now));
        Assert.Equal("token key k1", Vectors.K1.ToString());
        Assert.DoesNotContain(typeof(TokenKey).GetProperties(), property => property.Name.Contains("Secret", StringComparison.Ordinal));
    }

    [Fact]
    public void APPROVE_137_tokens_are_computed_and_so_the_same_in_every_mail() => Assert.Equal(Vectors.Texts(Vectors.Bucho), Vectors.Texts(Vectors.Bucho));

    [Fact]
    public void APPROVE_137_the_list_names_the_proxy_the_principal_or_the_escalation_target()
    {
        Assert.Equal([Vectors.Kacho, Vectors.ShoninB, Vectors.ShoninA], IssuedList.ForProxy(Vectors.Three, Vectors.Bucho, Vectors.Kacho));
        Assert.Equal(Vectors.Three, IssuedList.ForPrincipal([Vectors.Kacho, Vectors.ShoninB, Vectors.ShoninA], Vectors.Kacho, Vectors.Bucho));
        Assert.Equal([.. Vectors.Three, Vectors.Kacho], IssuedList.ForEscalation(Vectors.Three, Vectors.Kacho));
    }

    [Fact]
    public void APPROVE_211_a_proxy_who_is_in_the_list_himself_counts_once()
    {
        Assert.Equal([Vectors.ShoninB, Vectors.ShoninA], IssuedList.ForProxy(Vectors.Three, Vectors.Bucho, Vectors.ShoninB));
        Assert.Equal(Vectors.Three, IssuedList.ForEscalation(Vectors.Three, Vectors.ShoninA));
    }
}
