using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval policy whatif</c>: a draft over the envelopes of the last days (APPROVE-520).</summary>
internal sealed class ApprovalWhatIfCommand(Verbs verbs)
{
    private const int MostDays = 366;

    public Verb Build()
    {
        var owner = new Argument<string>("OWNER") { Description = "Whose policy the draft is: an account, a domain, or 'system'." };
        var file = new Argument<string>("FILE") { Description = "The draft, or - for standard input." };
        var days = new Option<int>("--days") { Description = "The last so many days.", HelpName = "N", DefaultValueFactory = _ => 30 };
        Numbers.Limit(days, 1, MostDays);
        var verb = new Verb(
            "whatif", "What would have become of the mail of the last days under a draft: sent, held, refused, for each approver. Nothing is saved.",
            "clustermail approval policy whatif user2@corp.example sender.dat", "clustermail approval policy whatif system destination.txt --days 7 --json") { owner, file, days };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var save = new PolicySave(await Verbs.ReadTextAsync(parsed.GetRequiredValue(file), cancel));
            var isQuiet = parsed.GetValue(json) || Console.IsErrorRedirected;
            var (count, sum, now) = (parsed.GetValue(days), new PolicyWhatIfResult(0, 0, 0, 0, 0, new Dictionary<string, long>(), []), DateTimeOffset.UtcNow);
            // A day at a time: the answer is the sum, and whoever waits sees how far it is.
            for (var day = count; day > 0; day--)
            {
                var path = Verbs.Query(Routes.Fill(Routes.ApprovalPolicyWhatIf, parsed.GetRequiredValue(owner)), ("from", Time(now.AddDays(-day))), ("until", Time(now.AddDays(1 - day))));
                var answer = await client.SendAsync(HttpMethod.Post, path, save, AdminJson.Default.PolicySave, AdminJson.Default.PolicyWhatIfResult, cancel);
                sum = Sum(sum, answer.Value);
                if (!isQuiet)
                    await Console.Error.WriteAsync($"\r{count - day + 1}/{count}");
            }
            if (!isQuiet)
                await Console.Error.WriteAsync("\r        \r");
            Show(sum, parsed.GetValue(json));
        });
    }

    private static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static PolicyWhatIfResult Sum(PolicyWhatIfResult one, PolicyWhatIfResult other)
    {
        var approvers = new Dictionary<string, long>(one.Approvers, StringComparer.OrdinalIgnoreCase);
        foreach (var (approver, mails) in other.Approvers)
            approvers[approver] = approvers.GetValueOrDefault(approver) + mails;
        return new PolicyWhatIfResult(
            one.Mails + other.Mails, one.Sent + other.Sent, one.Held + other.Held, one.Refused + other.Refused, one.DependsOnContent + other.DependsOnContent, approvers, other.Notes);
    }

    private static void Show(PolicyWhatIfResult result, bool json)
    {
        if (json)
        {
            Console.Out.WriteLine(System.Text.Json.JsonSerializer.Serialize(result, AdminJson.Default.PolicyWhatIfResult));
            return;
        }

        var screen = new Screen();
        foreach (var note in result.Notes)
            screen.Line(note);
        screen.Line(Words.Say($"mails: {result.Mails}"));
        screen.Line(Words.Say($"sent at once: {result.Sent}"));
        screen.Line(Words.Say($"held for approval: {result.Held}"));
        screen.Line(Words.Say($"refused: {result.Refused}"));
        screen.Line(Words.Say($"depends on the content: {result.DependsOnContent}"));
        foreach (var (approver, mails) in result.Approvers.OrderByDescending(one => one.Value).ThenBy(one => one.Key, StringComparer.Ordinal))
            screen.Line($"  {mails,8}  {approver}");
    }
}
