using System.CommandLine;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Cli.Commands;

/// <summary>The options of <c>account add</c> and <c>account set</c>; what is not given is null.</summary>
internal sealed class AccountOptions
{
    private readonly Option<string?> _name = new("--name") { Description = "Full name (氏名).", HelpName = "TEXT" };
    private readonly Option<string?> _home = new("--home") { Description = "Home column of import and export; means nothing here.", HelpName = "TEXT" };
    private readonly Option<long?> _maxBytes = new("--max-bytes") { Description = "Mailbox size limit in octets; 0: the server's.", HelpName = "N" };
    private readonly Option<string?> _smtpAuth = OnOff("--smtp-auth", "May log in to send; then it must (SMTP 認証).");
    private readonly Option<string?> _apop = OnOff("--apop", "APOP.");
    private readonly Option<string?> _pop3 = OnOff("--pop3", "POP3.");
    private readonly Option<string?> _imap4 = OnOff("--imap4", "IMAP4.");
    private readonly Option<string?> _smtp = OnOff("--smtp", "off: for SMTP the account does not exist ($offsmtp).");
    private readonly Option<string?> _delivery = new("--delivery") { Description = "store, lmtp:HOST:PORT, route for no mailbox here, or '' for what the domain says.", HelpName = "WHERE" };

    private readonly Option<string?> _manager = new("--manager") { Description = "Superior, whom @manager of a policy asks (上長); '' for nobody.", HelpName = "ADDRESS" };

    public void AddTo(Verb verb)
    {
        foreach (var option in (Option[])[_name, _home, _maxBytes, _smtpAuth, _apop, _pop3, _imap4, _smtp, _delivery, _manager])
            verb.Options.Add(option);
    }

    public AccountFields Read(ParseResult parsed) => new()
    {
        FullName = parsed.GetValue(_name),
        Home = parsed.GetValue(_home),
        BoxLimit = parsed.GetValue(_maxBytes),
        SmtpAuth = On(parsed.GetValue(_smtpAuth)),
        Apop = On(parsed.GetValue(_apop)),
        Pop3 = On(parsed.GetValue(_pop3)),
        Imap4 = On(parsed.GetValue(_imap4)),
        SmtpDisabled = !On(parsed.GetValue(_smtp)),
        Delivery = parsed.GetValue(_delivery),
        Superior = parsed.GetValue(_manager),
    };

    private static bool? On(string? word) => word is null ? null : word == "on";

    private static Option<string?> OnOff(string name, string description)
    {
        var option = new Option<string?>(name) { Description = description, HelpName = "on|off" };
        option.AcceptOnlyFromAmong("on", "off");
        return option;
    }
}
