using BenchmarkDotNet.Attributes;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Bench.Micro;

/// <summary>The lines of one mail, as a session reads them.</summary>
public class Grammar
{
    private static readonly byte[] Ehlo = "EHLO client.example.jp"u8.ToArray();
    private static readonly byte[] Mail = "MAIL FROM:<taro.yamada@example.jp> SIZE=10240 BODY=8BITMIME"u8.ToArray();
    private static readonly byte[] Recipient = "RCPT TO:<hanako.suzuki@partner.example> NOTIFY=FAILURE"u8.ToArray();
    private static readonly byte[] Data = "DATA"u8.ToArray();

    [Benchmark]
    public SmtpCommand EHLO() => CommandGrammar.Parse(Ehlo, SmtpExtensions.All);

    [Benchmark]
    public SmtpCommand MAIL() => CommandGrammar.Parse(Mail, SmtpExtensions.All);

    [Benchmark]
    public SmtpCommand RCPT() => CommandGrammar.Parse(Recipient, SmtpExtensions.All);

    [Benchmark]
    public SmtpCommand DATA() => CommandGrammar.Parse(Data, SmtpExtensions.All);
}
