using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using ClusterMail.Protocol;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// A login on the pages (APPROVE-162, APPROVE-504), as the browser's cookie carries it. It is proven by the keys of the farm and by the password as it was then,
/// so that every node knows it, a changed password ends it, and nothing is stored.
/// </summary>
/// <param name="Account">Main address of who has logged in.</param>
/// <param name="Id">16 random octets, base64url: what forms are bound to.</param>
/// <param name="At">When the password was asked for.</param>
/// <param name="Seen">The last request.</param>
public sealed record PageSession(Mailbox Account, string Id, DateTimeOffset At, DateTimeOffset Seen)
{
    /// <summary>At most so long (APPROVE-162).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>Without a request (APPROVE-504).</summary>
    public static readonly TimeSpan Idle = TimeSpan.FromMinutes(30);

    private const int LongestCookie = 1000;

    /// <param name="random">16 octets of a generator fit for keys.</param>
    public static PageSession Begin(Mailbox account, ReadOnlySpan<byte> random, DateTimeOffset now) => new(account, Base64Url.EncodeToString(random), now, now);

    /// <summary>The value of the cookie.</summary>
    /// <param name="stamp">Changes with the account's password.</param>
    public string Write(TokenKey key, string stamp) =>
        $"{Base64Url.EncodeToString(Encoding.UTF8.GetBytes(Account.ToString()))}.{Id}.{Seconds(At)}.{Seconds(Seen)}.{key.Id}.{Mac(key, stamp)}";

    /// <summary>What a cookie says; nothing of it is proven. Null: it is none of ours.</summary>
    public static (PageSession Session, string Key, string Mac)? Read(string? cookie)
    {
        if (cookie is null || cookie.Length > LongestCookie || cookie.Split('.') is not [var account, var id, var at, var seen, var key, var mac] || Time(at) is not { } since || Time(seen) is not { } last)
            return null;
        var octets = new byte[Base64Url.GetMaxDecodedLength(account.Length)];
        if (!Base64Url.IsValid(account) || !Base64Url.TryDecodeFromChars(account, octets, out var length))
            return null;
        return (new PageSession(Mailbox.FromStored(Encoding.UTF8.GetString(octets, 0, length)), id, since, last), key, mac);
    }

    /// <summary>It is of this farm, of this password, and neither too old nor idle too long.</summary>
    public bool IsProven(TokenKeyRing keys, string key, string mac, string stamp, DateTimeOffset now) =>
        keys.Find(key) is { } known && now - At <= Lifetime && now - Seen <= Idle && At <= Seen + Ahead && Seen <= now + Ahead
        && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Mac(known, stamp)), Encoding.UTF8.GetBytes(mac));

    /// <summary>Another node may have issued it, with a clock a little ahead.</summary>
    private static readonly TimeSpan Ahead = TimeSpan.FromMinutes(5);

    // A first line of its own: no other value this key signs can stand for a login.
    private string Mac(TokenKey key, string stamp) => Base64Url.EncodeToString(HMACSHA256.HashData(
        key.Secret, Encoding.UTF8.GetBytes($"CMS1\n{Account.ToString().ToLowerInvariant()}\n{Id}\n{Seconds(At)}\n{Seconds(Seen)}\n{stamp}\n")));

    private static string Seconds(DateTimeOffset time) => time.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);

    private static DateTimeOffset? Time(string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds <= 253_402_300_799 ? DateTimeOffset.FromUnixTimeSeconds(seconds) : null;
}
