using System.Collections.Immutable;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Smtp.Client;

/// <summary>
/// The client's half of SASL PLAIN (RFC 4616), LOGIN, CRAM-MD5 (RFC 2195), SCRAM-SHA-256 (RFC 7677) and XOAUTH2, for one session. No socket; what it returns is secret.
/// </summary>
internal sealed class Authentication(string mechanism, HostCredential credential)
{
    /// <summary>Gives up (RFC 4954 §4).</summary>
    private const string Cancel = "*";

    /// <summary>APPROVE-423: the first of these that is offered. The first two do not show the password to the host, XOAUTH2 is never a guess: its secret is no password.</summary>
    private static readonly string[] Strongest = ["SCRAM-SHA-256", "CRAM-MD5", "PLAIN", "LOGIN"];

    private readonly ScramClient _scram = new(credential);
    private int _round;

    public string Mechanism => mechanism;

    /// <summary>Null: the host offers none that fits.</summary>
    public static Authentication? Choose(ImmutableArray<string> offered, HostCredential credential)
    {
        var name = credential.Mechanism is { } wanted
            ? offered.FirstOrDefault(one => one == wanted)
            // Clients and servers prepare what is beyond ASCII in different ways (RFC 4013), so SCRAM would fail with a right password.
            : Strongest.FirstOrDefault(one => offered.Contains(one) && (one != "SCRAM-SHA-256" || Ascii.IsValid(credential.Password)));
        return name is null ? null : new Authentication(name, credential);
    }

    public string First() => mechanism switch
    {
        "PLAIN" => $"AUTH PLAIN {Base64($"\0{credential.User}\0{credential.Password}")}",
        "XOAUTH2" => $"AUTH XOAUTH2 {Base64($"user={credential.User}\u0001auth=Bearer {credential.Password}\u0001\u0001")}",
        "SCRAM-SHA-256" => $"AUTH SCRAM-SHA-256 {Base64(_scram.First())}",
        _ => $"AUTH {mechanism}",
    };

    /// <param name="challenge">Text of the 334. What makes no sense is given up.</param>
    public string Next(string challenge) => (mechanism, ++_round) switch
    {
        // User name first, then password, whatever the words of the prompts.
        ("LOGIN", 1) => Base64(credential.User),
        ("LOGIN", 2) => Base64(credential.Password),
        ("PLAIN", 1) => Base64($"\0{credential.User}\0{credential.Password}"),
        ("CRAM-MD5", 1) => Decoded(challenge) is { } octets ? CramMd5(octets) : Cancel,
        ("SCRAM-SHA-256", 1) => Decoded(challenge) is { } octets && _scram.Final(Encoding.UTF8.GetString(octets)) is { } final ? Base64(final) : Cancel,
        ("SCRAM-SHA-256", 2) => Decoded(challenge) is { } octets && _scram.IsGenuine(Encoding.UTF8.GetString(octets)) ? "" : Cancel,
        // What the host says is wrong with the token; an empty line is answered with the 535 that ends it.
        ("XOAUTH2", 1) => "",
        _ => Cancel,
    };

    private string CramMd5(byte[] challenge) =>
        Base64($"{credential.User} {Convert.ToHexStringLower(HMACMD5.HashData(Encoding.UTF8.GetBytes(credential.Password), challenge))}");

    private static byte[]? Decoded(string challenge)
    {
        var octets = new byte[challenge.Length];
        return Convert.TryFromBase64String(challenge, octets, out var length) ? octets[..length] : null;
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));
}
