using System.Collections.Immutable;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using ClusterMail.Protocol;

namespace ClusterMail.Policy.Senders.Spf;

/// <summary>Whom an SPF check is about (RFC 7208 §2).</summary>
/// <param name="Client">Address of the client; one of IPv4 written as IPv6 counts as IPv4 (RFC 7208 §5).</param>
/// <param name="LocalPart">Empty: <c>postmaster</c> takes its place (RFC 7208 §4.3).</param>
/// <param name="Domain">Of MAIL FROM, or the name given with HELO.</param>
public sealed record SpfIdentity(IPAddress Client, string Helo, string LocalPart, string Domain)
{
    /// <summary>RFC 7208 §2.4: the null path is judged by the name given with HELO.</summary>
    public static SpfIdentity OfMail(IPAddress client, string helo, ReversePath path) =>
        path.Mailbox is { Domain.Length: > 0 } mailbox ? new SpfIdentity(client, helo, mailbox.LocalPart, mailbox.Domain) : OfHelo(client, helo);

    /// <summary>RFC 7208 §2.3.</summary>
    public static SpfIdentity OfHelo(IPAddress client, string helo) => new(client, helo, "", helo);
}

/// <summary>What came of one SPF check.</summary>
/// <param name="Domain">In A-labels.</param>
/// <param name="Reason">The mechanism that decided, or what is wrong; for logs and <c>explain</c>.</param>
/// <param name="Explanation">What the domain has to say about a failure (RFC 7208 §6.2), printable ASCII; a stranger's words. Null: nothing, or not asked for.</param>
public sealed record SpfOutcome(AuthResult Result, string Domain, string Reason, string? Explanation = null);

/// <summary>How SPF is checked.</summary>
public sealed record SpfOptions
{
    /// <summary>Name of this server, for <c>%{r}</c>.</summary>
    public string Receiver { get; init; } = "unknown";

    /// <summary>Longest time of one check; then temperror. Default 20 s, the least RFC 7208 §4.6.4 allows.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>The domain's own words are asked for when it fails.</summary>
    public bool WithExplanation { get; init; }

    public TimeProvider Time { get; init; } = TimeProvider.System;

    /// <summary>Gets each step as a line, for the dry run; null: nobody listens.</summary>
    public ICollection<string>? Trace { get; init; }
}

/// <summary><c>check_host()</c> of RFC 7208 §4, for one identity; used once.</summary>
public sealed class SpfCheck
{
    /// <summary>Terms that ask DNS (RFC 7208 §4.6.4).</summary>
    private const int MaxTerms = 10;

    /// <summary>Questions without an answer (RFC 7208 §4.6.4).</summary>
    private const int MaxVoids = 2;

    /// <summary>MX hosts of one <c>mx</c>, names of the client for <c>ptr</c> (RFC 7208 §4.6.4).</summary>
    private const int MaxNames = 10;

    private const int LongestExplanation = 200;

    private readonly IDnsRecords _dns;
    private readonly SpfOptions _options;
    private readonly IPAddress _client;
    private readonly string _sender;
    private readonly MacroFacts _facts;
    private readonly CancellationToken _cancel;
    private ImmutableArray<string>? _names;
    private (MacroString Text, string Domain)? _explanation;
    private string _reason = "";
    private int _terms;
    private int _voids;
    private int _depth;

    private enum Match : byte
    {
        No,
        Yes,
        TempError,
        PermError,
    }

    private SpfCheck(IDnsRecords dns, SpfIdentity identity, SpfOptions options, CancellationToken cancel)
    {
        (_dns, _options, _cancel) = (dns, options, cancel);
        _client = identity.Client.IsIPv4MappedToIPv6 ? identity.Client.MapToIPv4() : identity.Client;
        _sender = DnsName.Of(identity.Domain);
        _facts = new MacroFacts(_client, identity.LocalPart.Length == 0 ? "postmaster" : identity.LocalPart, _sender, _sender, identity.Helo, options.Receiver, options.Time.GetUtcNow());
    }

    /// <summary>Trouble of DNS is a result; only <paramref name="cancel"/> throws.</summary>
    public static async Task<SpfOutcome> RunAsync(IDnsRecords dns, SpfIdentity identity, SpfOptions options, CancellationToken cancel)
    {
        using var limit = new CancellationTokenSource(options.TimeLimit, options.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancel);
        var check = new SpfCheck(dns, identity, options, either.Token);
        try
        {
            return await check.RunAsync().ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            var reason = string.Create(CultureInfo.InvariantCulture, $"no answer within {options.TimeLimit.TotalSeconds:0.#} s");
            check.Say(reason);
            return new SpfOutcome(AuthResult.TempError, check._sender, reason);
        }
    }

    private async Task<SpfOutcome> RunAsync()
    {
        var result = await HostAsync(_sender).ConfigureAwait(false);
        var explanation = result == AuthResult.Fail && _options.WithExplanation && _explanation is { } said ? await ExplainAsync(said.Text, said.Domain).ConfigureAwait(false) : null;
        Say($"{_sender}: {result.Word()} ({_reason})");
        return new SpfOutcome(result, _sender, _reason, explanation);
    }

    private async Task<AuthResult> HostAsync(string domain)
    {
        if (!DnsName.IsDomain(domain))
            return End(AuthResult.None, $"'{domain}' is no domain");
        var texts = await _dns.TextAsync(domain, _cancel).ConfigureAwait(false);
        if (texts.End == LookupEnd.Failed)
            return End(AuthResult.TempError, $"DNS does not answer for {domain}");
        var records = texts.Records.Where(SpfRecord.IsSpf).ToList();
        if (records.Count != 1)
            return records.Count == 0 ? End(AuthResult.None, $"{domain} publishes no SPF record") : End(AuthResult.PermError, $"{domain} publishes {records.Count} SPF records");
        Say($"{domain}: {records[0]}");
        if (SpfRecord.Parse(records[0], out var fault) is not { } record)
            return End(AuthResult.PermError, $"'{fault}' of {domain} cannot be read");
        foreach (var mechanism in record.Mechanisms)
        {
            var match = await MatchAsync(mechanism, domain).ConfigureAwait(false);
            Say($"{mechanism.Text}: {match switch { Match.No => "no match", Match.Yes => "match", _ => _reason }}");
            if (match == Match.No)
                continue;
            if (match != Match.Yes)
                return match == Match.TempError ? AuthResult.TempError : AuthResult.PermError;
            _explanation = record.Explanation is { } text ? (text, domain) : null;
            return End(mechanism.Result, $"{mechanism.Text} of {domain}");
        }
        return record.Redirect is { } redirect ? await RedirectAsync(redirect, domain).ConfigureAwait(false) : End(AuthResult.Neutral, $"nothing of {domain} matches");
    }

    private AuthResult End(AuthResult result, string reason)
    {
        _reason = reason;
        return result;
    }

    /// <summary>RFC 7208 §6.1.</summary>
    private async Task<AuthResult> RedirectAsync(MacroString redirect, string domain)
    {
        if (!CountTerm())
            return AuthResult.PermError;
        var target = await ExpandAsync(redirect, domain).ConfigureAwait(false);
        Say($"redirect={target}");
        var result = await HostAsync(target).ConfigureAwait(false);
        return result == AuthResult.None ? End(AuthResult.PermError, $"redirect to {target}, which publishes no SPF record") : result;
    }

    private async ValueTask<Match> MatchAsync(SpfMechanism mechanism, string domain)
    {
        switch (mechanism.Kind)
        {
            case SpfKind.All:
                return Match.Yes;
            case SpfKind.Ip4 or SpfKind.Ip6:
                return mechanism.Network.Contains(_client) ? Match.Yes : Match.No;
        }
        if (!CountTerm())
            return Match.PermError;
        var target = mechanism.Target is { } text ? await ExpandAsync(text, domain).ConfigureAwait(false) : domain;
        return mechanism.Kind switch
        {
            SpfKind.Include => await IncludeAsync(target).ConfigureAwait(false),
            SpfKind.A => await AddressAsync(target, mechanism).ConfigureAwait(false),
            SpfKind.Mx => await MailHostsAsync(target, mechanism).ConfigureAwait(false),
            SpfKind.Ptr => await PointerAsync(target).ConfigureAwait(false),
            _ => await ExistsAsync(target).ConfigureAwait(false),
        };
    }

    /// <summary>RFC 7208 §5.2. What the included record says of its own failure is not the sender's explanation.</summary>
    private async Task<Match> IncludeAsync(string target)
    {
        _depth++;
        var result = await HostAsync(target).ConfigureAwait(false);
        _depth--;
        _explanation = null;
        return result switch
        {
            AuthResult.Pass => Match.Yes,
            AuthResult.TempError => Match.TempError,
            AuthResult.PermError => Match.PermError,
            AuthResult.None => Fault($"include of {target}, which publishes no SPF record"),
            _ => Match.No,
        };
    }

    /// <summary>RFC 7208 §5.3.</summary>
    private async Task<Match> AddressAsync(string target, SpfMechanism mechanism)
    {
        var answer = await AskAsync(target, (name, cancel) => _dns.AddressesAsync(name, _client.AddressFamily, cancel)).ConfigureAwait(false);
        return Counted(answer, target) ?? (IsAmong(answer.Records, mechanism) ? Match.Yes : Match.No);
    }

    /// <summary>RFC 7208 §5.4. A host without an address of the client's family is the usual case, not a void lookup.</summary>
    private async Task<Match> MailHostsAsync(string target, SpfMechanism mechanism)
    {
        var hosts = await AskAsync(target, _dns.MailHostsAsync).ConfigureAwait(false);
        if (Counted(hosts, target) is { } end)
            return end;
        if (hosts.Records.Length > MaxNames)
            return Fault($"{target} has more than {MaxNames} MX hosts");
        foreach (var host in hosts.Records)
        {
            var answer = await AskAsync(host, (name, cancel) => _dns.AddressesAsync(name, _client.AddressFamily, cancel)).ConfigureAwait(false);
            if (answer.End == LookupEnd.Failed)
                return Trouble(host);
            if (IsAmong(answer.Records, mechanism))
                return Match.Yes;
        }
        return Match.No;
    }

    /// <summary>RFC 7208 §5.7: an IPv4 address counts, whatever the client has.</summary>
    private async Task<Match> ExistsAsync(string target)
    {
        var answer = await AskAsync(target, (name, cancel) => _dns.AddressesAsync(name, AddressFamily.InterNetwork, cancel)).ConfigureAwait(false);
        return Counted(answer, target) ?? (answer.Records.IsEmpty ? Match.No : Match.Yes);
    }

    /// <summary>RFC 7208 §5.5: trouble of DNS is no match here.</summary>
    private async Task<Match> PointerAsync(string target)
    {
        var names = await ValidatedAsync().ConfigureAwait(false);
        return _voids > MaxVoids ? TooManyVoids() : names.Any(name => DnsName.IsWithin(name, target)) ? Match.Yes : Match.No;
    }

    /// <summary>The client's names that lead back to it; asked once for each check.</summary>
    private async Task<ImmutableArray<string>> ValidatedAsync()
    {
        if (_names is { } known)
            return known;
        var pointers = await _dns.NamesAsync(_client, _cancel).ConfigureAwait(false);
        _voids += pointers.IsVoid ? 1 : 0;
        var names = ImmutableArray.CreateBuilder<string>();
        foreach (var name in pointers.Records.IsDefault ? [] : pointers.Records.Take(MaxNames))
            if ((await AskAsync(name, (asked, cancel) => _dns.AddressesAsync(asked, _client.AddressFamily, cancel)).ConfigureAwait(false)).Records.Contains(_client))
                names.Add(name);
        _names = names.ToImmutable();
        return _names.Value;
    }

    private async ValueTask<DnsAnswer<T>> AskAsync<T>(string name, Func<string, CancellationToken, ValueTask<DnsAnswer<T>>> ask) =>
        DnsName.IsName(name) ? await ask(name, _cancel).ConfigureAwait(false) : new DnsAnswer<T>(LookupEnd.NoSuchName, []);

    /// <summary>Null: there are records to look at.</summary>
    private Match? Counted<T>(in DnsAnswer<T> answer, string target)
    {
        if (answer.End == LookupEnd.Failed)
            return Trouble(target);
        if (!answer.IsVoid)
            return null;
        return ++_voids > MaxVoids ? TooManyVoids() : Match.No;
    }

    private Match TooManyVoids() => Fault($"more than {MaxVoids} questions without an answer");

    private Match Fault(string reason)
    {
        _reason = reason;
        return Match.PermError;
    }

    private Match Trouble(string name)
    {
        _reason = $"DNS does not answer for {name}";
        return Match.TempError;
    }

    private bool CountTerm()
    {
        if (++_terms <= MaxTerms)
            return true;
        _reason = $"more than {MaxTerms} terms that ask DNS";
        return false;
    }

    private bool IsAmong(ImmutableArray<IPAddress> addresses, SpfMechanism mechanism)
    {
        var prefix = _client.AddressFamily == AddressFamily.InterNetworkV6 ? mechanism.Prefix6 : mechanism.Prefix4;
        return addresses.Any(address => address.AddressFamily == _client.AddressFamily && SpfRecord.Network(address, prefix).Contains(_client));
    }

    private async ValueTask<string> ExpandAsync(MacroString text, string domain)
    {
        var facts = _facts with { Domain = domain };
        if (text.NeedsName)
            facts = facts with { Validated = Best(await ValidatedAsync().ConfigureAwait(false), domain) };
        var name = text.Expand(facts);
        return DnsName.Of(DnsName.Shortened(name.EndsWith('.') ? name[..^1] : name));
    }

    /// <summary>RFC 7208 §7.3: the domain itself, else one below it, else any.</summary>
    private static string Best(ImmutableArray<string> names, string domain) =>
        names.FirstOrDefault(name => name.Equals(domain, StringComparison.OrdinalIgnoreCase)) ?? names.FirstOrDefault(name => DnsName.IsWithin(name, domain)) ?? names.FirstOrDefault() ?? "unknown";

    /// <summary>RFC 7208 §6.2: any trouble, and there is none.</summary>
    private async Task<string?> ExplainAsync(MacroString where, string domain)
    {
        var name = await ExpandAsync(where, domain).ConfigureAwait(false);
        var answer = await AskAsync(name, _dns.TextAsync).ConfigureAwait(false);
        if (answer.Records is not [var text] || MacroString.ParseExplanation(text) is not { NeedsName: false } explanation)
            return null;
        var said = explanation.Expand(_facts with { Domain = domain });
        // The sender's own local part may have been written into it.
        return said.Length > 0 && said.All(c => c is >= ' ' and <= '~') ? said[..Math.Min(said.Length, LongestExplanation)] : null;
    }

    private void Say(string line) => _options.Trace?.Add(new string(' ', 2 * _depth) + line);
}
