using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Approval.Tokens;

/// <summary>
/// The anti-forgery value of a page's form (APPROVE-161): binds the POST to the page this person was shown, for a limited time. Without it another site could
/// make a logged-in browser decide.
/// </summary>
public static class PostGuard
{
    /// <summary>A page that lay open longer must be loaded again. A login lasts as long (APPROVE-162).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <param name="subject">What is posted about: a HoldId, or the name of a list.</param>
    /// <param name="session">What only this browser has: the session's id, or the hash of the link.</param>
    public static string Issue(TokenKey key, string subject, string session, DateTimeOffset now)
    {
        var time = now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
        return $"{time}.{key.Id}.{Mac(key, subject, session, time)}";
    }

    public static bool Check(TokenKeyRing keys, string? value, string subject, string session, DateTimeOffset now)
    {
        if (value is null || value.Length > 100 || value.Split('.') is not [var time, var id, var mac])
            return false;
        if (!long.TryParse(time, NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) || seconds > 253_402_300_799 || keys.Find(id) is not { } key)
            return false;
        var age = now - DateTimeOffset.FromUnixTimeSeconds(seconds);
        // Another node may have issued it, with a clock a little ahead.
        return age <= Lifetime && age >= TimeSpan.FromMinutes(-5)
            && CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(Mac(key, subject, session, time)), Encoding.UTF8.GetBytes(mac));
    }

    private static string Mac(TokenKey key, string subject, string session, string time)
    {
        // Another first line than decision texts: one kind of value can never stand for the other.
        var mac = HMACSHA256.HashData(key.Secret, Encoding.UTF8.GetBytes($"CMP1\n{subject}\n{session}\n{time}\n"));
        return System.Buffers.Text.Base64Url.EncodeToString(mac);
    }
}
