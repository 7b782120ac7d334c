using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;
using Spectre.Console;

namespace ClusterMail.Cli.Commands;

/// <summary><c>account</c>: who has a mailbox here.</summary>
internal sealed class AccountCommands(Verbs verbs)
{
    public Command Build() => new("account", "Accounts: create, change, remove, import and export.")
    {
        Add(), Set(), Show(), List(), Remove(), Restore(),
        Switch("suspend", "Let an account neither log in nor send. Mail for it is still kept.", "{0} is suspended", true), Switch("resume", "Put a suspended account in force again.", "{0} is in force", false),
        Password(), CodeReset(), Import(), Export(), new AccountUpstreamCommands(verbs).Build(),
    };

    private Verb Add()
    {
        var address = Address();
        var fields = new AccountOptions();
        var stdin = PasswordInput.Stdin();
        var none = new Option<bool>("--no-password") { Description = "Without a password: it takes mail, and logs in when one is set." };
        var verb = new Verb(
            "add", "Create an account. The password is asked for; it never stands on the command line.",
            "clustermail account add taro@example.jp --name \"Taro Yamada\"", "clustermail account add info@example.jp --max-bytes 104857600 --no-password",
            "clustermail account add taro@example.jp --password-stdin < password.txt")
        { address, stdin, none };
        fields.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var given = fields.Read(parsed);
            var account = new AccountAdd
            {
                Address = parsed.GetRequiredValue(address),
                Password = parsed.GetValue(none) ? null : await PasswordInput.ReadAsync(parsed.GetValue(stdin), cancel),
                FullName = given.FullName,
                Home = given.Home,
                BoxLimit = given.BoxLimit,
                SmtpAuth = given.SmtpAuth,
                Apop = given.Apop,
                Pop3 = given.Pop3,
                Imap4 = given.Imap4,
                SmtpDisabled = given.SmtpDisabled,
                Delivery = given.Delivery,
                Superior = given.Superior,
            };
            var done = (await client.SendAsync(HttpMethod.Post, Routes.Accounts, account, AdminJson.Default.AccountAdd, AdminJson.Default.AccountDone, cancel)).Value;
            new Screen().Line(account.Password is null
                ? Words.Of($"{done.Address} was created without a password: set one with 'clustermail account password {done.Address}'") : Words.Of($"{done.Address} was created"));
        });
    }

    private Verb Set()
    {
        var address = Address();
        var fields = new AccountOptions();
        var verb = new Verb(
            "set", "Change an account. What is not named stays.", "clustermail account set taro@example.jp --name \"Taro Suzuki\"", "clustermail account set taro@example.jp --max-bytes 0 --pop3 off") { address };
        fields.AddTo(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var given = fields.Read(parsed);
            if (given == new AccountFields())
                throw new CommandFailure(Exit.Usage, $"what shall change? 'clustermail account set --help' shows what can");
            await ChangeAsync(client, parsed.GetRequiredValue(address), given, "{0} was changed", cancel);
        });
    }

    private Verb Switch(string name, string description, string done, bool suspended)
    {
        var address = Address();
        return verbs.Acting(new Verb(name, description, $"clustermail account {name} taro@example.jp") { address }, (client, parsed, cancel) =>
            ChangeAsync(client, parsed.GetRequiredValue(address), new AccountFields { Suspended = suspended }, done, cancel));
    }

    private static async Task ChangeAsync(AdminClient client, string address, AccountFields fields, string done, CancellationToken cancel)
    {
        var answer = await client.SendAsync(HttpMethod.Patch, Routes.Fill(Routes.Account, address), fields, AdminJson.Default.AccountFields, AdminJson.Default.AccountDone, cancel);
        new Screen().Line(string.Format(CultureInfo.InvariantCulture, Words.Of(done), answer.Value.Address));
    }

    private Verb Show()
    {
        var address = Address();
        return verbs.Reading(
            new Verb("show", "One account. Passwords are never shown.", "clustermail account show taro@example.jp", "clustermail account show taro@example.jp --json") { address },
            parsed => Routes.Fill(Routes.Account, parsed.GetRequiredValue(address)), AdminJson.Default.AccountEntry, Show);
    }

    private static void Show(Screen screen, AccountEntry account)
    {
        screen.Heading(account.Address);
        foreach (var (label, text) in ((string, string)[])
        [
            ("Full name", account.FullName), ("State", Words.Of(State(account))),
            ("Password", account.PasswordAt is { } at ? Words.Of($"set {Ages.Clock(at)}") : Words.Of("none: it cannot log in")),
            ("Size limit", account.BoxLimit == 0 ? Words.Of("the server's") : Ages.Size(account.BoxLimit)),
            ("SMTP AUTH", OnOff(account.SmtpAuth)), ("APOP", OnOff(account.Apop)), ("POP3", OnOff(account.Pop3)), ("IMAP4", OnOff(account.Imap4)),
            ("Delivery", account.Delivery.Length == 0 ? Words.Of("as the domain says") : account.Delivery), ("Home", account.Home),
            ("Superior", account.Superior.Length == 0 ? Words.Of("none") : account.Superior),
            ("Own tables", account.Tables.Count == 0 ? Words.Of("none") : string.Join(", ", account.Tables)),
            ("Created", Ages.Clock(account.CreatedAt)), ("Changed", $"{Ages.Clock(account.ChangedAt)} {account.ChangedBy}"),
        ])
            screen.Labelled($"  {Padded(Words.Of(label))} ", text);
    }

    private Verb List()
    {
        var domain = new Option<string?>("--domain") { Description = "Only this domain.", HelpName = "DOMAIN" };
        var pattern = new Option<string?>("--pattern") { Description = "Only names like this; * stands for anything.", HelpName = "NAME" };
        var removed = new Option<bool>("--removed") { Description = "Those removed in the last 30 days instead." };
        var suspended = new Option<bool>("--suspended") { Description = "Only suspended ones." };
        var after = new Option<string?>("--after") { Description = "The next page: the word the page before ended with.", HelpName = "WORD" };
        var limit = new Option<int>("--limit") { Description = "At most so many.", HelpName = "N", DefaultValueFactory = _ => 100 };
        Numbers.Limit(limit, 1, 1000);
        return verbs.Reading(
            new Verb(
                "list", "Accounts by domain and name.", "clustermail account list --domain example.jp", "clustermail account list --pattern 'ta*' --json", "clustermail account list --removed")
            { domain, pattern, removed, suspended, after, limit },
            parsed => Verbs.Query(
                Routes.Accounts, ("domain", parsed.GetValue(domain)), ("pattern", parsed.GetValue(pattern)), ("removed", parsed.GetValue(removed) ? "true" : null),
                ("suspended", parsed.GetValue(suspended) ? "true" : null), ("limit", parsed.GetValue(limit).ToString(CultureInfo.InvariantCulture)), ("after", parsed.GetValue(after))),
            AdminJson.Default.AccountPage, List);
    }

    private static void List(Screen screen, AccountPage page)
    {
        if (page.Accounts.Count == 0)
        {
            screen.Line(Words.Of("nothing found"));
            return;
        }

        var sheet = new Sheet(
            new("Account", Flexible: true), new("State"), new("Full name", Flexible: true), new("Size limit", Right: true, Optional: true), new("AUTH", Optional: true), new("Changed", Optional: true));
        foreach (var account in page.Accounts)
        {
            sheet.Add(
                account.Address, Words.Of(State(account)), account.FullName, account.BoxLimit == 0 ? "-" : Ages.Size(account.BoxLimit), OnOff(account.SmtpAuth), Ages.Clock(account.ChangedAt));
        }

        sheet.Print(screen);
        if (page.Next is { } next)
            screen.Line($"... {Words.Of("more")}: --after {next}");
    }

    private Verb CodeReset()
    {
        var address = Address();
        return verbs.Acting(
            new Verb("code-reset", "Take the one-time codes of an account for the pages of approval away; its owner sets up new ones.", "clustermail account code-reset bucho@example.jp") { address },
            async (client, parsed, cancel) =>
            {
                var done = (await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.AccountCodes, parsed.GetRequiredValue(address)), AdminJson.Default.AccountDone, cancel)).Value;
                new Screen().Line(Words.Of($"{done.Address} sets up new one-time codes with the next login on the pages"));
            });
    }

    private Verb Remove()
    {
        var address = Address();
        var yes = Verbs.Yes();
        return verbs.Acting(
            new Verb("remove", "Remove an account. For 30 days it can be restored with its mail.", "clustermail account remove taro@example.jp --yes") { address, yes },
            async (client, parsed, cancel) =>
            {
                var who = parsed.GetRequiredValue(address);
                Verbs.Confirm(parsed.GetValue(yes), Words.Of($"remove {who}?"));
                await client.SendAsync(HttpMethod.Delete, Routes.Fill(Routes.Account, who), AdminJson.Default.AccountDone, cancel);
                new Screen().Line(Words.Of($"{who} was removed; for 30 days 'clustermail account restore {who}' brings it back"));
            });
    }

    private Verb Restore()
    {
        var address = Address();
        return verbs.Acting(
            new Verb("restore", "Bring back an account removed in the last 30 days, with its password and its mail.", "clustermail account restore taro@example.jp") { address },
            async (client, parsed, cancel) =>
            {
                var answer = await client.SendAsync(HttpMethod.Post, Routes.Fill(Routes.AccountRestore, parsed.GetRequiredValue(address)), AdminJson.Default.AccountDone, cancel);
                new Screen().Line(Words.Of($"{answer.Value.Address} is back"));
            });
    }

    private Verb Password()
    {
        var address = Address();
        var stdin = PasswordInput.Stdin();
        return verbs.Acting(
            new Verb("password", "Set a password. It is asked for; it never stands on the command line.", "clustermail account password taro@example.jp", "clustermail account password taro@example.jp --password-stdin < password.txt")
            { address, stdin },
            async (client, parsed, cancel) =>
            {
                var body = new AccountPassword(await PasswordInput.ReadAsync(parsed.GetValue(stdin), cancel));
                var answer = await client.SendAsync(
                    HttpMethod.Put, Routes.Fill(Routes.AccountPassword, parsed.GetRequiredValue(address)), body, AdminJson.Default.AccountPassword, AdminJson.Default.AccountDone, cancel);
                new Screen().Line(Words.Of($"the password of {answer.Value.Address} was set"));
            });
    }

    private Verb Import()
    {
        var file = new Argument<string>("FILE") { Description = "TAB-separated, 8 or 10 columns, one account a line." };
        var domain = new Option<string>("--domain") { Description = "The domain the accounts belong to, whatever the file says.", HelpName = "DOMAIN", Required = true };
        var encoding = new Option<string>("--encoding") { Description = "utf-8, shift_jis or auto.", DefaultValueFactory = _ => "auto" };
        encoding.AcceptOnlyFromAmong("auto", "utf-8", "shift_jis");
        var update = new Option<bool>("--update-existing") { Description = "Accounts that exist get the file's values; else they stay as they are." };
        var dry = new Option<bool>("--dry-run") { Description = "Only tell what would become of each line." };
        var report = new Option<string?>("--report") { Description = "Write what became of each line: TAB-separated, or JSON when the name ends in .json.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb(
                "import", "Create accounts from the original's file (アカウントのインポート). Broken off, it is run again: what exists is skipped.",
                "clustermail account import --domain example.jp accounts.txt --report report.tsv", "clustermail account import --domain example.jp accounts.txt --encoding shift_jis --dry-run")
            { file, domain, encoding, update, dry, report },
            (client, parsed, cancel) => new AccountImport(client, parsed.GetRequiredValue(domain), parsed.GetValue(update), parsed.GetValue(dry))
                .RunAsync(parsed.GetRequiredValue(file), parsed.GetRequiredValue(encoding), parsed.GetValue(report), cancel));
    }

    private Verb Export()
    {
        var domain = new Option<string?>("--domain") { Description = "Only this domain. Default: all.", HelpName = "DOMAIN" };
        var columns = new Option<int>("--columns") { Description = "8, or 10 with the flags of POP3 and IMAP4.", DefaultValueFactory = _ => 8 };
        Numbers.Limit(columns, 8, 10);
        var passwords = new Option<bool>("--passwords") { Description = "Passwords in clear; needs compat.accounts.export_passwords and the recoverable store." };
        var output = new Option<string?>("--to") { Description = "File, readable by its owner only. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb(
                "export", "Write accounts in the original's form (アカウントのエクスポート): UTF-8, TAB-separated, * for the password.",
                "clustermail account export --domain example.jp --to accounts.txt", "clustermail account export --columns 10")
            { domain, columns, passwords, output },
            async (client, parsed, cancel) =>
            {
                var path = Verbs.Query(
                    Routes.AccountExport, ("domain", parsed.GetValue(domain)), ("columns", parsed.GetValue(columns).ToString(CultureInfo.InvariantCulture)),
                    ("passwords", parsed.GetValue(passwords) ? "true" : null));
                if (parsed.GetValue(output) is { } file)
                    await Local.PrivateFile.WriteAsync(file, stream => client.CopyAsync(path, stream, cancel));
                else
                    await client.CopyAsync(path, Console.OpenStandardOutput(), cancel);
            });
    }

    private static Argument<string> Address() => new("ADDRESS") { Description = "For example taro@example.jp." };

    private static string State(AccountEntry account) =>
        account.RemovedAt is not null ? "removed" : account.Suspended ? "suspended" : account.SmtpDisabled ? "SMTP off" : account.PasswordAt is null ? "no password" : "in force";

    private static string OnOff(bool on) => on ? "on" : "off";

    private static string Padded(string label) => label + new string(' ', Math.Max(0, 14 - label.GetCellWidth()));
}
