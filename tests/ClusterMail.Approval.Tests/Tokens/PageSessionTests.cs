using System.Buffers.Text;
using System.Text;
using ClusterMail.Approval.Tokens;
using static ClusterMail.Approval.Tests.Corp;

namespace ClusterMail.Approval.Tests.Tokens;

/// <summary>A login on the pages, as its cookie proves it.</summary>
public class PageSessionTests
{
    private static readonly TokenKeyRing Keys = Vectors.Ring;

    private static string Cookie(string stamp = "password", int seen = 0) =>
        (PageSession.Begin(To(Bucho), new byte[16], Now) with { Seen = Now.AddMinutes(seen) }).Write(Keys.Current, stamp);

    private static bool IsProven(string cookie, double minutes, string stamp = "password") =>
        PageSession.Read(cookie) is var (session, key, mac) && session.IsProven(Keys, key, mac, stamp, Now.AddMinutes(minutes));

    [Fact]
    public void APPROVE_504_a_login_ends_after_thirty_minutes_without_a_request()
    {
        Assert.True(IsProven(Cookie(), 30));
        Assert.False(IsProven(Cookie(), 30.1));
        Assert.True(IsProven(Cookie(seen: 29), 59));
    }

    [Fact]
    public void APPROVE_162_a_login_ends_after_twelve_hours_however_busy_it_is()
    {
        Assert.True(IsProven(Cookie(seen: 719), 720));
        Assert.False(IsProven(Cookie(seen: 719), 720.1));
    }

    [Fact]
    public void APPROVE_162_another_password_or_other_codes_end_it() => Assert.False(IsProven(Cookie(), 1, stamp: "password\ncodes 1"));

    [Fact]
    public void APPROVE_162_a_cookie_whose_account_id_or_times_are_changed_proves_nothing()
    {
        var parts = Cookie().Split('.');
        string With(int part, string text) => string.Join('.', parts.Select((one, index) => index == part ? text : one));
        Assert.True(IsProven(With(5, parts[5]), 1));
        Assert.False(IsProven(With(0, Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Kacho))), 1));
        Assert.False(IsProven(With(1, Base64Url.EncodeToString(new byte[15])), 1));
        Assert.False(IsProven(With(2, (Now.ToUnixTimeSeconds() - 60).ToString(System.Globalization.CultureInfo.InvariantCulture)), 1));
        Assert.False(IsProven(With(3, (Now.ToUnixTimeSeconds() + 60).ToString(System.Globalization.CultureInfo.InvariantCulture)), 1));
        Assert.False(IsProven(With(4, "k9"), 1));
    }
}
