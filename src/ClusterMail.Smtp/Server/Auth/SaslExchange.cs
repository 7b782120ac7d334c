using System.Text;

namespace ClusterMail.Smtp.Server.Auth;

/// <summary>One SASL exchange, the server's side (RFC 4422): from one response of the client to the next step. No socket, no base64.</summary>
internal abstract class SaslExchange
{
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <param name="mechanism">In upper case, one of those offered.</param>
    public static SaslExchange? For(string mechanism, IAuthenticate judge, ClientConnection client, string hostName) => mechanism switch
    {
        "PLAIN" => new SaslPlain(judge, client),
        "LOGIN" => new SaslLogin(judge, client),
        "SCRAM-SHA-256" => new SaslScram(judge, client),
        "CRAM-MD5" => new SaslCramMd5(judge, client, hostName),
        _ => null,
    };

    /// <param name="response">Null only at the first step: the client gave no initial response.</param>
    public abstract ValueTask<SaslStep> NextAsync(byte[]? response, CancellationToken cancel);

    /// <summary>Null: not UTF-8, or with a control character that no name and no password has.</summary>
    protected static string? Text(ReadOnlySpan<byte> octets)
    {
        try
        {
            var text = Strict.GetString(octets);
            return text.Any(char.IsControl) ? null : text;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }
}

/// <summary>What comes next in an exchange.</summary>
internal readonly record struct SaslStep
{
    /// <summary>Ask the client this; null: the exchange is over.</summary>
    public byte[]? Challenge { get; init; }

    /// <summary>How it ended; null while <see cref="Challenge"/> is set, or when the client's words could not be read.</summary>
    public AuthAnswer? Answer { get; init; }

    public static SaslStep Unreadable => default;
    public static SaslStep Ask(byte[] challenge) => new() { Challenge = challenge };
    public static SaslStep End(AuthAnswer answer) => new() { Answer = answer };
}
