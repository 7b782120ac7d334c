namespace ClusterMail.Protocol.Grammar;

/// <summary>The extensions a server offers that change what a command line may say (RECV-26).</summary>
[Flags]
public enum SmtpExtensions : byte
{
    None = 0,
    EightBitMime = 1,
    SmtpUtf8 = 2,
    Chunking = 4,
    Dsn = 8,
    All = EightBitMime | SmtpUtf8 | Chunking | Dsn,
}
