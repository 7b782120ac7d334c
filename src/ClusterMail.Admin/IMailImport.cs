namespace ClusterMail.Admin;

/// <summary>Puts a mail that did not come over SMTP into the queue (QUEUE-7): no policy, the present routes, committed when it returns.</summary>
public interface IMailImport
{
    /// <summary>The number it got.</summary>
    /// <param name="sender">Without brackets; empty: the null reverse-path.</param>
    Task<string> ImportAsync(string sender, IReadOnlyList<string> recipients, ReadOnlyMemory<byte> content, CancellationToken cancel);
}
