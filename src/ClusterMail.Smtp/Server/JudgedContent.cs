using ClusterMail.Protocol;

namespace ClusterMail.Smtp.Server;

/// <summary>A mail with its content, before anything is promised.</summary>
public readonly record struct ArrivedContent(MessageId Id, ClientConnection Client, Envelope Envelope, ContentFacts Facts, MailContent Content);

/// <param name="Content">What is stored when the verdict accepts: the content that came, or another that owns it now.</param>
public readonly record struct JudgedContent(Verdict Verdict, MailContent Content);
