using System.CommandLine;
using ClusterMail.Cli.Import;
using ClusterMail.Migration;
using ClusterMail.Migration.Mail;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Source;

namespace ClusterMail.Cli.Commands;

/// <summary><c>import epost</c>: the files of the original into the farm (ADMIN-52).</summary>
internal sealed class ImportCommands(Verbs verbs)
{
    public Command Build() => new("import", "Take over what another mail server had.") { Epost() };

    private Verb Epost()
    {
        var folder = new Argument<string>("DIR") { Description = "Folder with the copied files: backup\\epst-ms.reg, the .dat files, exports of accounts and aliases, and of the mail folder inbox, incoming, domains, holding." };
        var profile = new Option<string>("--profile")
        {
            Description = "safe: defaults here stay, and every difference is listed. original: every switch goes to its original value.",
            DefaultValueFactory = _ => "safe",
        };
        profile.AcceptOnlyFromAmong("safe", "original");
        var dry = new Option<bool>("--dry-run") { Description = "Only tell what would become of each line." };
        var domains = new Option<string[]>("--domain") { Description = "Operated domain to import, with the name of its mailbox folder where that differs. Default: all that the files name.", HelpName = "DOMAIN[=FOLDER]", AllowMultipleArgumentsPerToken = true };
        var report = new Option<string?>("--report") { Description = "Write what became of each line: TAB-separated, or JSON when the name ends in .json.", HelpName = "FILE" };
        var encoding = new Option<string>("--encoding") { Description = "Of the text files: utf-8, shift_jis, or auto for each.", DefaultValueFactory = _ => "auto" };
        encoding.AcceptOnlyFromAmong("auto", "utf-8", "shift_jis");
        var digits = new Option<string?>("--flag-digits") { Description = "What the six digits in names of IMAP files mean: a letter of D F R S T, or -, for each. Without it messages come in without flags.", HelpName = "LETTERS" };
        digits.Validators.Add(result =>
        {
            if (result.Tokens is [var token] && !MailboxFile.IsMeaning(token.Value))
                result.AddError($"'{token.Value}' are not six letters of D F R S T or -");
        });
        var yes = Verbs.Yes();
        return verbs.Acting(
            new Verb(
                "epost", "Take over settings, accounts, aliases, mailboxes and queue of E-Post SMTP Server. Broken off or repeated, it does only what is left to do.",
                "clustermail import epost /srv/epost --dry-run --report report.tsv", "clustermail import epost /srv/epost --yes --report report.json",
                "clustermail import epost /srv/epost --profile original --domain example.jp --domain example.com=company2")
            { folder, profile, dry, domains, report, encoding, digits, yes },
            (client, parsed, cancel) => new EpostRun(client, new EpostChoices(parsed.GetRequiredValue(folder), parsed.GetValue(report), parsed.GetValue(dry), parsed.GetValue(yes)), new EpostOptions
            {
                Profile = parsed.GetValue(profile) == "original" ? ImportProfile.Original : ImportProfile.Safe,
                Encoding = parsed.GetValue(encoding) switch { "utf-8" => TextEncoding.Utf8, "shift_jis" => TextEncoding.ShiftJis, _ => TextEncoding.Auto },
                Domains = [.. (parsed.GetValue(domains) ?? []).Select(Domain)],
                FlagDigits = parsed.GetValue(digits),
            }).RunAsync(cancel));
    }

    private static (string Domain, string Folder) Domain(string given) => given.Split('=', 2) is [var domain, var folder] ? (domain, folder) : (given, given);
}
