using System.Text;
using MimeKit;
using MimeKit.Cryptography;
using Org.BouncyCastle.Crypto;
using Org.BouncyCastle.Crypto.Generators;
using Org.BouncyCastle.Crypto.Parameters;
using Org.BouncyCastle.Security;
using Org.BouncyCastle.X509;

namespace ClusterMail.Policy.Tests.Senders;

/// <summary>A key pair for DKIM, what it looks like in DNS, and mails signed with it.</summary>
internal sealed class SignedMail
{
    private readonly AsymmetricCipherKeyPair _pair;

    private SignedMail(AsymmetricCipherKeyPair pair, string record, DkimSignatureAlgorithm algorithm) => (_pair, Record, Algorithm) = (pair, record, algorithm);

    /// <summary>Text of the TXT record.</summary>
    public string Record { get; }

    public DkimSignatureAlgorithm Algorithm { get; }

    public static SignedMail Rsa(int bits)
    {
        var generator = new RsaKeyPairGenerator();
        generator.Init(new KeyGenerationParameters(new SecureRandom(), bits));
        var pair = generator.GenerateKeyPair();
        return new SignedMail(pair, $"v=DKIM1; k=rsa; p={Convert.ToBase64String(SubjectPublicKeyInfoFactory.CreateSubjectPublicKeyInfo(pair.Public).GetDerEncoded())}", DkimSignatureAlgorithm.RsaSha256);
    }

    public static SignedMail Ed25519()
    {
        var generator = new Ed25519KeyPairGenerator();
        generator.Init(new Ed25519KeyGenerationParameters(new SecureRandom()));
        var pair = generator.GenerateKeyPair();
        return new SignedMail(pair, $"v=DKIM1; k=ed25519; p={Convert.ToBase64String(((Ed25519PublicKeyParameters)pair.Public).GetEncoded())}", DkimSignatureAlgorithm.Ed25519Sha256);
    }

    public static string Plain(string from = "taro@d.example") =>
        $"From: {from}\r\nTo: b@example.jp\r\nSubject: signed\r\nMIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nHello,\r\n\r\n  this  is it. \r\n\r\n\r\n";

    public async Task<string> SignAsync(string mail, string domain = "d.example", string? identity = null, bool relaxed = true, TimeSpan? life = null)
    {
        var message = await MimeMessage.LoadAsync(new MemoryStream(Encoding.UTF8.GetBytes(mail)));
        var form = relaxed ? DkimCanonicalizationAlgorithm.Relaxed : DkimCanonicalizationAlgorithm.Simple;
        var signer = new DkimSigner(_pair.Private, domain, "s1", Algorithm)
        {
            HeaderCanonicalizationAlgorithm = form,
            BodyCanonicalizationAlgorithm = form,
            AgentOrUserIdentifier = identity,
            SignaturesExpireAfter = life,
        };
        signer.Sign(message, ["From", "To", "Subject", "Content-Type"]);
        // As it was signed, folding included: the simple form is octet by octet.
        var header = message.Headers.First(one => one.Id == HeaderId.DkimSignature);
        return $"{header.Field}:{Encoding.ASCII.GetString(header.RawValue).ReplaceLineEndings("\r\n")}{mail}";
    }
}
