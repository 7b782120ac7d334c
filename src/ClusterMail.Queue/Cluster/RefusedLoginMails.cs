using ClusterMail.Protocol;
using ClusterMail.Queue.Accept;
using ClusterMail.Queue.Settings;
using ClusterMail.Store;

namespace ClusterMail.Queue.Cluster;

/// <summary>What user and administrator read when the next server refuses a login (APPROVE-426): once for each series of failures, in both languages.</summary>
public static class RefusedLoginMails
{
    /// <exception cref="InvalidOperationException">No mail number can be had now; the next look tries again.</exception>
    public static IReadOnlyList<NewMail> Compose(NumberBlocks numbers, NodeView view, RefusedLogin refused)
    {
        var user = Mailbox.FromStored(refused.Address);
        var readers = new List<Mailbox> { user };
        if (view.Settings.Text("admin.address") is { Length: > 0 } admin && !Mailbox.FromStored(admin).SameAs(user))
            readers.Add(Mailbox.FromStored(admin));
        return [.. readers.Select(reader => numbers.TryTake(out var id)
            ? PlainMail.Write(id, view, reader, $"[{view.HostName}] 送信先サーバーへのログイン失敗 / Login refused: {refused.Address}", Text(refused))
            : throw new InvalidOperationException("No mail number can be had from the database now."))];
    }

    private static string Text(RefusedLogin refused) => $"""
        {refused.Address} のメールを送るためのログインが、送信先サーバーに拒否されました。
            {refused.Reply}
        このアカウントのメールは送られずに待っています。3 回続けて拒否されると、15 分間はログインを試みません。
        プロバイダのパスワードを変更した場合は、管理者に新しいパスワードを登録してもらってください:
            clustermail account upstream set {refused.Address}
        待っているメールは登録後に自動で送られます。

        The next server has refused the login with which the mail of {refused.Address} is sent.
            {refused.Reply}
        Mail of this account is not sent, and waits. After 3 refusals in a row the login is not tried for 15 minutes.
        If the password at the provider was changed, have the administrator enter the new one:
            clustermail account upstream set {refused.Address}
        What waits is sent by itself after that.

        """.ReplaceLineEndings("\r\n");
}
