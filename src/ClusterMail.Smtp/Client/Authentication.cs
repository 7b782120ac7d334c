using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Smtp.Client;

/// <summary>The client's half of SASL PLAIN (RFC 4616), LOGIN and CRAM-MD5 (RFC 2195). Pure; what it returns is secret.</summary>
internal static class Authentication
{
    /// <summary>In TLS the plain methods, which every host has right; in clear CRAM-MD5 first, which at least does not show the password.</summary>
    public static string? Choose(ImmutableArray<string> offered, bool secured)
    {
        string[] preferred = secured ? ["PLAIN", "LOGIN", "CRAM-MD5"] : ["CRAM-MD5", "PLAIN", "LOGIN"];
        return preferred.FirstOrDefault(m => offered.Contains(m));
    }

    public static string First(string mechanism, HostCredential credential) => mechanism == "PLAIN"
        ? $"AUTH PLAIN {Base64($"\0{credential.User}\0{credential.Password}")}"
        : $"AUTH {mechanism}";

    /// <param name="round">1 for the first 334.</param>
    /// <param name="challenge">Text of the 334. <c>*</c> is returned, which gives up (RFC 4954 §4), when it makes no sense.</param>
    public static string Next(string mechanism, HostCredential credential, int round, string challenge) => (mechanism, round) switch
    {
        // LOGIN: user name first, then password, whatever the words of the prompts.
        ("LOGIN", 1) => Base64(credential.User),
        ("LOGIN", 2) => Base64(credential.Password),
        ("PLAIN", 1) => Base64($"\0{credential.User}\0{credential.Password}"),
        ("CRAM-MD5", 1) => CramMd5(credential, challenge),
        _ => "*",
    };

    private static string CramMd5(HostCredential credential, string challenge)
    {
        var octets = new byte[challenge.Length];
        if (!Convert.TryFromBase64String(challenge, octets, out var length))
            return "*";
        var digest = HMACMD5.HashData(Encoding.UTF8.GetBytes(credential.Password), octets.AsSpan(0, length));
        return Base64($"{credential.User} {Convert.ToHexStringLower(digest)}");
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
