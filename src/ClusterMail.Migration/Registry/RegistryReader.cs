using System.Globalization;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Source;

namespace ClusterMail.Migration.Registry;

/// <summary>Turns values of a settings backup, and of the <c>reg</c> folder (APPROVE-96, CLU-4), into settings.</summary>
internal sealed class RegistryReader(SettingsDraft draft, FindingLog log, ImportProfile profile)
{
    private const string CredentialName = "epost";
    private static readonly string[] On = ["1", "on", "yes", "true", "enable", "enabled"];
    private static readonly string[] Off = ["0", "off", "no", "false", "disable", "disabled", "none"];

    private readonly Dictionary<LoginPart, (string File, int Line, string Text, string Value)> _login = [];
    private readonly List<(string Domain, int Finding)> _domains = [];

    /// <summary>Operated domains the values name, with their findings.</summary>
    public IReadOnlyList<(string Domain, int Finding)> Domains => _domains;

    /// <summary>The last mail number of the original and its finding; null: not told.</summary>
    public (long Number, int Finding)? LastNumber { get; private set; }

    public void Read(TextFile text)
    {
        foreach (var line in RegistryFile.Parse(text))
        {
            var shown = RegistryNames.IsSecret(line.Name) ? $"\"{line.Name}\"=***" : line.Text;
            if (line.Complaint is not null)
                log.Fault(text.Path, line.Number, line.Column, shown, line.Complaint, "ADMIN-50");
            else if (line.Value is null)
                log.Imported(text.Path, line.Number, shown, line.Text.StartsWith('[') ? "key" : "heading, comment or blank line");
            else
                Take(text.Path, line.Number, shown, line.Value, RegistryNames.ServiceOf(line.Key));
            for (var more = 1; more < line.Lines; more++)
                log.Imported(text.Path, line.Number + more, line.Text.Length > 0 && RegistryNames.IsSecret(line.Name) ? "***" : "", $"goes on from line {line.Number}");
        }
    }

    /// <summary>One value of the <c>reg</c> folder: a file <c>name.1</c> holds a number, <c>name.2</c> a text.</summary>
    public void Read(TextFile text, string name, string service)
    {
        var value = string.Join('\n', text.Lines.Select(line => line.Text)).Trim('\n', ' ', '\0');
        var shown = RegistryNames.IsSecret(name) ? "***" : value;
        if (text.Lines.FirstOrDefault(line => !line.IsReadable) is { } bad)
            log.Fault(text.Path, bad.Number, bad.BadColumn, "", bad.Complaint, "IMP-7");
        else
            Take(text.Path, text.Lines.Count == 0 ? 0 : 1, shown, new RegistryValue(name, value), RegistryNames.ServiceOf(service));
        foreach (var line in text.Lines.Skip(1))
            log.Imported(text.Path, line.Number, shown == "***" ? shown : line.Text, "goes on from line 1");
    }

    /// <summary>What several values say together: the login at the gateway.</summary>
    public void Finish()
    {
        if (_login.Count == 0)
            return;
        string Value(LoginPart part) => _login.TryGetValue(part, out var given) ? given.Value : "";
        var on = On.Contains(Value(LoginPart.On).ToLowerInvariant());
        var (user, password) = (Value(LoginPart.User), Value(LoginPart.Password));
        var own = on && user.Length == 0 && password.Length == 0;
        var (reason, rule, outcome) =
            !on ? ("ESMTPで送信 is off: no login at the gateway", "OUT-3", FindingOutcome.Imported)
            : own && profile == ImportProfile.Safe ? ("each sender's own password cannot be sent on here: set route.gateway_credential=per-user and import the accounts' upstream logins, or name one login in route.credentials", "OUT-6", FindingOutcome.Ignored)
            : own ? ("route.gateway_credential = own", "OUT-3", FindingOutcome.Imported)
            : user.Length == 0 || password.Length == 0 || $"{user}{password}".Any(char.IsWhiteSpace) ? ("USER ID or PASSWORD is missing or holds a blank: set route.credentials by hand", "OUT-3", FindingOutcome.Ignored)
            : ($"entry {CredentialName} of route.credentials, used at route.gateway", "OUT-3", FindingOutcome.Imported);
        var findings = _login.Select(given => log.Add(new Finding(
            given.Value.File, given.Value.Line, given.Value.Text, given.Key == LoginPart.Method && outcome == FindingOutcome.Imported ? FindingOutcome.Changed : outcome,
            given.Key == LoginPart.Method ? $"{reason}; the method is the best both sides know" : reason, rule))).ToArray();
        if (!on || outcome == FindingOutcome.Ignored)
            return;
        draft.Put("route.gateway_credential", own ? "own" : CredentialName, findings);
        if (!own)
            draft.Put("route.credentials", $"{CredentialName} {user} {password}\n", findings);
    }

    private void Take(string file, int line, string shown, RegistryValue value, RegistryService service)
    {
        var text = value.Text.Trim();
        switch (RegistryNames.Find(value.Name, service))
        {
            case null:
                log.Ignored(file, line, shown, $"'{Finding.Shown(value.Name)}' is no value known here: if what it sets is needed, set it by hand", "CONF-60");
                break;
            case ValueMeaning.Number number:
                draft.Take(file, line, shown, number.Setting, Leading(text));
                break;
            case ValueMeaning.Switch which when Word(text) is { } on:
                draft.Take(file, line, shown, which.Setting, on ? "true" : "false");
                break;
            case ValueMeaning.Choice choice when Word(text) is { } on:
                draft.Take(file, line, shown, choice.Setting, on ? choice.On : choice.Off);
                break;
            case ValueMeaning.Plain plain when text is "" or "none" or "None":
                log.Imported(file, line, shown, $"{plain.Setting}: not set in the original");
                break;
            case ValueMeaning.Plain plain:
                draft.Take(file, line, shown, plain.Setting, text);
                break;
            case ValueMeaning.Words words:
                draft.Take(file, line, shown, words.Setting, string.Join(' ', text.Split([' ', ',', '\n'], StringSplitOptions.RemoveEmptyEntries).Select(word => word.ToUpperInvariant())));
                break;
            case ValueMeaning.LastNumber when long.TryParse(text.TrimStart('B', 'b'), NumberStyles.None, CultureInfo.InvariantCulture, out var last):
                // MSGID-3: of the two copies the original keeps, the larger one wins.
                var told = log.Imported(file, line, shown, $"mail numbers go on behind {last}, so that none is given twice", "MSGID-3");
                LastNumber = LastNumber is { } other && other.Number >= last ? other : (last, told);
                break;
            case ValueMeaning.Domains:
                foreach (var domain in text.Split([' ', ',', ';', '\n'], StringSplitOptions.RemoveEmptyEntries))
                    _domains.Add((domain, log.Imported(file, line, domain, "operated domain (運用ドメイン)", "DOM-1")));
                break;
            case ValueMeaning.Login login:
                _login[login.Part] = (file, line, shown, text);
                break;
            case ValueMeaning.Later later:
                log.Ignored(file, line, shown, $"comes with {later.With}: keep the file", later.Rule);
                break;
            case ValueMeaning.Gone gone:
                log.Ignored(file, line, shown, gone.Reason, gone.Rule);
                break;
            case ValueMeaning.Unclear unclear:
                log.Ignored(file, line, shown, unclear.Reason, unclear.Rule);
                break;
            case var meaning:
                TakeOdd(file, line, shown, text, meaning);
                break;
        }
    }

    private void TakeOdd(string file, int line, string shown, string text, ValueMeaning meaning)
    {
        switch (meaning)
        {
            case ValueMeaning.Refusals when Leading(text) == "0":
                draft.Take(file, line, shown, "delivery.refusal_retries", "0", "0 meant unlimited in the source; now: bounce at the first refusal", "RETRY-6");
                break;
            case ValueMeaning.Refusals:
                draft.Take(file, line, shown, "delivery.refusal_retries", Leading(text));
                break;
            case ValueMeaning.Threads:
                draft.Take(file, line, shown, "delivery.workers_per_node", text[(text.IndexOf('=', StringComparison.Ordinal) + 1)..]);
                break;
            case ValueMeaning.ResendingRule when text == "multiple":
                draft.Take(file, line, shown, "delivery.retry_fixed", "false");
                break;
            case ValueMeaning.SecurityLevel when Level(text) is { } level:
                draft.Take(file, line, shown, "auth.security_level", level);
                break;
            case ValueMeaning.SecurityLevel:
                log.Ignored(file, line, shown, "no document says whether this number counts from 0 or from 1: set auth.security_level (セキュリティレベル) by hand", "CONTRA-27");
                break;
            case ValueMeaning.LogicalIp when text.Length == 0:
                log.Imported(file, line, shown, "not set in the original", "CLU-11");
                break;
            case ValueMeaning.LogicalIp when profile == ImportProfile.Original:
                draft.Take(file, line, shown, "cluster.deliver_mode", "leader", "only the leader delivers, as only the machine with the virtual address did", "CLU-25");
                break;
            case ValueMeaning.LogicalIp:
                log.Changed(file, line, shown, "all nodes deliver; cluster.deliver_mode=leader lets only one, as the machine with the virtual address did", "CLU-25");
                break;
            default:
                log.Fault(file, line, 0, shown, "the value is of no form this name can have", "CONF-60");
                break;
        }
    }

    // The print has units behind its numbers: 300 (s).
    private static string Leading(string text) => text.Split(' ', 2)[0];

    private static bool? Word(string text) => On.Contains(text.ToLowerInvariant()) ? true : Off.Contains(text.ToLowerInvariant()) ? false : null;

    private static string? Level(string text) => text.Replace(" ", "", StringComparison.Ordinal).ToLowerInvariant() switch
    {
        "authfile" or "認証ファイル" => "per-account",
        "非認証有効" => "open",
        "認証専用" => "all",
        _ => null,
    };
}
