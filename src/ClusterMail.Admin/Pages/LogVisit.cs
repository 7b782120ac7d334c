using System.Globalization;
using System.IO.Compression;
using System.Text;
using ClusterMail.Approval.Commands;
using ClusterMail.Approval.Holds;
using ClusterMail.Approval.Pages;
using ClusterMail.Store;

namespace ClusterMail.Admin.Pages;

/// <summary>
/// The approval log of any days for an administrator account, where it is too much for a mail (APPROVE-221): the same files, packed and sent while they are read, so that its size
/// costs no memory.
/// </summary>
internal sealed class LogVisit(Visit visit)
{
    private const string Prefix = "/log/";

    /// <summary>As many files as a zip of ten years has days; more is several downloads.</summary>
    private const int MostDays = 3660;

    /// <summary>Null: the path is none of these.</summary>
    public static DayRange? Read(string path) =>
        path.StartsWith(Prefix, StringComparison.Ordinal) && CommandReader.Read($"approvalgetlog_{path[Prefix.Length..]}") is ApprovalCommand.History { Days: { Days: <= MostDays } days } ? days : null;

    public async Task<PageAnswer> AnswerAsync(DayRange days)
    {
        var form = visit.IsPost ? await visit.FormAsync() : null;
        if (await visit.SessionAsync() is not { } session || visit.IsPost)
            return await LoginVisit.AnswerAsync(visit, form);
        var view = visit.Parts.View();
        var actor = visit.Actor(session.Account.ToString());
        if (!visit.IsAdministrator(session.Account))
        {
            await visit.Parts.Personal.NoteAsync("HISTORY_TAKEN", session.Account, $"approval log {days}", ResultCode.NotAllowed, actor, visit.Cancel);
            return visit.Say(new ResultPage.NotAllowed(), session.Account);
        }
        if (!view.Settings.Switch("approval.history"))
            return visit.Say(new ResultPage.LinkEnded(), session.Account);
        await visit.Parts.Personal.NoteAsync("HISTORY_TAKEN", session.Account, $"approval log {days}", ResultCode.Ok, actor, visit.Cancel);
        var (zone, charset) = (view.ZoneOf(session.Account), Charset(view.Settings.Choice("approval.history_charset")));
        return PageAnswer.Download($"approval-log-{days}.zip", "application/zip", async (output, cancel) =>
        {
            // Each holds a connection to the database for as long as its reader is slow.
            await visit.Parts.Downloads.WaitAsync(cancel);
            try
            {
                await WriteAsync(output, days, zone, charset, cancel);
            }
            finally
            {
                visit.Parts.Downloads.Release();
            }
        });
    }

    private static Encoding Charset(string name) => name == "shift_jis" ? CodePagesEncodingProvider.Instance.GetEncoding("shift_jis")! : new UTF8Encoding(encoderShouldEmitUTF8Identifier: true);

    /// <summary>One file for each day that has lines, as the mail has them.</summary>
    private async Task WriteAsync(Stream output, DayRange days, TimeZoneInfo zone, Encoding charset, CancellationToken cancel)
    {
        await using var patient = new PatientStream(output);
        await using (var zip = await ZipArchive.CreateAsync(patient, ZipArchiveMode.Create, leaveOpen: true, null, cancel))
            await FillAsync(zip, days, zone, charset, cancel);
        await patient.FlushAsync(cancel);
    }

    private async Task FillAsync(ZipArchive zip, DayRange days, TimeZoneInfo zone, Encoding charset, CancellationToken cancel)
    {
        var (from, until) = days.In(zone);
        (DateOnly Day, Stream Entry)? open = null;
        try
        {
            await foreach (var (at, line) in visit.Parts.ApprovalLog(new LogSpan(from, until, null), zone, cancel))
            {
                var day = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(at, zone).DateTime);
                if (open?.Day != day)
                {
                    if (open is { Entry: var last })
                        await last.DisposeAsync();
                    open = (day, await zip.CreateEntry($"{day.ToString("yyMMdd", CultureInfo.InvariantCulture)}.txt").OpenAsync(cancel));
                    await open.Value.Entry.WriteAsync(charset.GetPreamble(), cancel);
                }
                await open.Value.Entry.WriteAsync(charset.GetBytes(line + "\r\n"), cancel);
            }
        }
        finally
        {
            if (open is { Entry: var entry })
                await entry.DisposeAsync();
        }
    }
}
