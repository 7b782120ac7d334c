using System.Globalization;
using System.Text;

namespace ClusterMail.Protocol.Dsn;

/// <summary>The part of a report that people read: English, and the same in Japanese below.</summary>
internal static class DsnText
{
    public static string For(DsnReport report)
    {
        var text = new StringBuilder();
        var (english, japanese) = Opening(report.Recipients[0].Action);
        text.Append(CultureInfo.InvariantCulture, $"This is the mail system at {report.HostName}.\r\n\r\n{english}\r\n\r\n");
        Recipients(report, text);
        text.Append(CultureInfo.InvariantCulture, $"Message number: {report.OriginalId}\r\n\r\n");
        text.Append("----------------------------------------------------------------------\r\n\r\n");
        text.Append(CultureInfo.InvariantCulture, $"{report.HostName} のメールシステムからのお知らせです。\r\n\r\n{japanese}\r\n\r\n");
        Recipients(report, text);
        text.Append(CultureInfo.InvariantCulture, $"メール番号: {report.OriginalId}\r\n");
        return text.ToString();
    }

    private static (string English, string Japanese) Opening(DsnAction action) => action switch
    {
        DsnAction.Failed => (
            "Your message could not be delivered to the recipients below. It will not be tried again.",
            "お送りになったメールは、次の宛先に配送できませんでした。再送は行われません。"),
        DsnAction.Delayed => (
            "Your message has not been delivered to the recipients below yet. You need not send it again: delivery is still being tried.",
            "お送りになったメールは、次の宛先にまだ配送されていません。配送は引き続き試みられますので、再送の必要はありません。"),
        DsnAction.Delivered => (
            "Your message was delivered to the recipients below.",
            "お送りになったメールは、次の宛先に配送されました。"),
        _ => (
            "Your message was passed on for the recipients below to a system that sends no delivery reports. You may hear nothing more of it.",
            "お送りになったメールは、次の宛先について、配送通知に対応していないシステムへ引き渡されました。以後の通知は届かないことがあります。"),
    };

    private static void Recipients(DsnReport report, StringBuilder text)
    {
        foreach (var recipient in report.Recipients)
        {
            text.Append(CultureInfo.InvariantCulture, $"  <{recipient.Recipient}>\r\n");
            if (recipient.Reason.Length > 0)
                text.Append(CultureInfo.InvariantCulture, $"    {(recipient.RemoteHost is null ? "" : $"{recipient.RemoteHost}: ")}{recipient.Reason}\r\n");
            if (recipient.RetriesUntil is { } until)
                text.Append(CultureInfo.InvariantCulture, $"    until {until:yyyy-MM-dd HH:mm zzz}\r\n");
        }
        text.Append("\r\n");
    }
}
