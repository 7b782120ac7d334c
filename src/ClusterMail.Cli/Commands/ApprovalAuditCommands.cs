using System.CommandLine;
using System.Globalization;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary><c>approval audit</c>: the record that cannot be changed unnoticed (APPROVE-331).</summary>
internal sealed class ApprovalAuditCommands(Verbs verbs)
{
    public Command Build() => new("audit", "The audit of approval: every act and every attempt, chained by hashes.") { Verify(), Export() };

    private Verb Verify()
    {
        var anchor = new Option<string?>("--anchor") { Description = "A record noted outside, as 'approval status' and the program log show it: NUMBER:HASH. Finds a chain that was cut or made anew.", HelpName = "NUMBER:HASH" };
        var verb = new Verb("verify", "Read the whole chain and compute it anew. Fails with the first record that was changed, cut out or swapped.",
            "clustermail approval audit verify", "clustermail approval audit verify --anchor 1234:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08") { anchor };
        var json = Verbs.Json(verb);
        return verbs.Acting(verb, async (client, parsed, cancel) =>
        {
            var (seq, hash) = Anchor(parsed.GetValue(anchor));
            var answer = await client.GetAsync(Verbs.Query(Routes.ApprovalAuditCheck, ("seq", seq), ("hash", hash)), AdminJson.Default.AuditCheck, cancel);
            Verbs.Show(answer, parsed.GetValue(json), static (screen, check) =>
            {
                if (check.Whole)
                    screen.Line(Words.Say($"the chain is whole: {check.Records} records, head {check.Records}:{check.Hash}"));
            });
            if (!answer.Value.Whole)
                throw new CommandFailure($"the audit was tampered with: {answer.Value.Fault}");
        });
    }

    private static (string? Seq, string? Hash) Anchor(string? text)
    {
        if (text is null)
            return (null, null);
        return text.Split(':') is [var number, { Length: 64 } hash] && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out _)
            ? (number, hash)
            : throw new CommandFailure(Exit.Usage, $"'{text}' is no NUMBER:HASH with 64 hex digits");
    }

    private Verb Export()
    {
        var after = new Option<long?>("--after") { Description = "Only records behind this number.", HelpName = "N" };
        var output = new Option<string?>("--to") { Description = "File. Default: standard output.", HelpName = "FILE" };
        return verbs.Acting(
            new Verb("export", "All records, one a line: hash, blank, JSON. That you have exported them is audited.", "clustermail approval audit export --to audit.txt", "clustermail approval audit export --after 1000") { after, output },
            async (client, parsed, cancel) =>
            {
                await using var target = parsed.GetValue(output) is { } file ? File.Create(file) : Console.OpenStandardOutput();
                await client.CopyAsync(Verbs.Query(Routes.ApprovalAudit, ("after", parsed.GetValue(after)?.ToString(CultureInfo.InvariantCulture))), target, cancel);
            });
    }
}
