using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Setup;

/// <summary>
/// The questions of 簡単セットアップウィザード at a terminal, each answer judged by a node at once. What is set already is shown and not asked. The end of the input cancels, and nothing has
/// been saved then (ADMIN-3).
/// </summary>
/// <param name="judge">What a node says of a value: null, or the refusal.</param>
internal sealed class SetupDialogue(SettingsList current, Func<string, string, Task<string?>> judge, TextReader input, TextWriter output)
{
    public async Task<SetupAnswers> AskAsync()
    {
        output.WriteLine(Words.Of("ClusterMail setup. Enter takes what stands in brackets; Ctrl+C ends it, and nothing is changed."));
        var servers = await AskAsync(
            1, SetupPlan.DnsServers, Words.Of("DNS servers (up to three, separated by blanks; empty: the system's own)"), "", isRequired: false);
        var domains = await DomainsAsync();
        var first = domains.FirstOrDefault()?.Name ?? SetupPlan.Lines(SetupPlan.Value(current, SetupPlan.DomainTable)).FirstOrDefault()?.Split(' ')[0];
        var host = await AskAsync(
            3, SetupPlan.HostName, Words.Of("Host name of the service, the same on all nodes"), first is null ? "" : $"mx.{first}", isRequired: true);
        var admin = await AskAsync(
            4, SetupPlan.AdminAddress, Words.Of("Mail address of the administrator, with its domain"), first is null ? "" : $"postmaster@{first}", isRequired: true);
        return new SetupAnswers { DnsServers = servers.Split([' ', ','], StringSplitOptions.RemoveEmptyEntries), Domains = domains, HostName = host, AdminAddress = admin };
    }

    /// <summary>Whether what was shown is to be saved.</summary>
    public bool Confirms()
    {
        output.Write(Words.Of("Save this? [y/N] "));
        return ReadLine() is "y" or "Y" or "yes";
    }

    private async Task<string> AskAsync(int number, string setting, string question, string suggestion, bool isRequired)
    {
        if (SetupPlan.Value(current, setting) is { Length: > 0 } set)
        {
            output.WriteLine(Words.Say($"({number}) {setting} is set already: {set}"));
            return "";
        }
        while (true)
        {
            var answer = Ask($"({number}) {question}", suggestion);
            if (answer.Length == 0 && !isRequired)
                return answer;
            if (answer.Length == 0)
                output.WriteLine("    " + Words.Of("This must be answered."));
            else if (await judge(setting, answer) is { } refusal)
                output.WriteLine("    " + refusal);
            else
                return answer;
        }
    }

    private async Task<IReadOnlyList<SetupDomain>> DomainsAsync()
    {
        var table = SetupPlan.Value(current, SetupPlan.DomainTable);
        foreach (var line in SetupPlan.Lines(table))
            output.WriteLine(Words.Say($"(2) {SetupPlan.DomainTable} has already: {line}"));
        var domains = new List<SetupDomain>();
        while (Ask("(2) " + Words.Of("Operated domain, one at a time (empty: no further one)"), "") is { Length: > 0 } name)
        {
            if (SetupPlan.Find(SetupPlan.Joined(table, domains.Select(SetupPlan.Line)), name) is not null)
            {
                output.WriteLine("    " + Words.Say($"{name} is there already."));
                continue;
            }
            var kind = Ask("    " + Words.Of("Its accounts: local, kept here; relay, every address is passed on by route"), "local");
            var domain = new SetupDomain(name, kind);
            if (await judge(SetupPlan.DomainTable, SetupPlan.Joined(table, [.. domains.Select(SetupPlan.Line), SetupPlan.Line(domain)])) is { } refusal)
                output.WriteLine("    " + refusal);
            else
                domains.Add(domain);
        }
        return domains;
    }

    private string Ask(string question, string suggestion)
    {
        output.Write(suggestion.Length == 0 ? $"{question}: " : $"{question} [{suggestion}]: ");
        var answer = ReadLine();
        return answer.Length == 0 ? suggestion : answer;
    }

    private string ReadLine() => input.ReadLine()?.Trim() ?? throw new CommandFailure($"cancelled: nothing was changed");
}
