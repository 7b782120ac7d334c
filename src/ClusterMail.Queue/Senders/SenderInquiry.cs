using ClusterMail.Policy.Senders;
using ClusterMail.Protocol;
using ClusterMail.Smtp.Server;

namespace ClusterMail.Queue.Senders;

/// <summary>The checks of one mail's sender, from DATA to its answer, or a little longer when they are only written down.</summary>
internal sealed class SenderInquiry : IDisposable
{
    private static readonly Reply Trouble = new(451, new EnhancedStatus(4, 3, 0), "Requested action aborted: error in processing.");
    private static readonly Reply HeaderTooLarge = new(552, new EnhancedStatus(5, 3, 4), "Message header size exceeds limit.");

    private readonly SenderDoor _door;
    private readonly SenderOptions _options;
    private readonly CancellationTokenSource _given = new();
    private readonly Task<SpfFindings>? _spf;
    private ContentFacts _facts;
    private Stream? _content;

    public SenderInquiry(SenderDoor door, SenderCheck check, SenderOptions options, ClientConnection client, ReversePath path)
    {
        (_door, _options, Check, Client, Path) = (door, options, check, client, path);
        // With log nothing is asked before the mail is accepted.
        var given = _given.Token;
        if (options is { BeforeAnswer: true, NeedsSpf: true })
            _spf = Task.Run(() => door.SpfAsync(this, given), given);
    }

    public SenderCheck Check { get; }
    public ClientConnection Client { get; }
    public ReversePath Path { get; }
    public MessageId Id { get; private set; }

    /// <summary>Octets kept for the check after the answer.</summary>
    public long Held { get; private set; }

    /// <summary>Never throws for trouble: what cannot be judged is told to come again.</summary>
    public async ValueTask<JudgedContent> JudgeAsync(ArrivedContent arrived, CancellationToken cancel)
    {
        (Id, _facts) = (arrived.Id, arrived.Facts);
        var isSmall = _options.NeedsDkim && arrived.Content.Length <= _options.DkimMaxSize;
        if (!_options.BeforeAnswer)
        {
            // Opened now: the file of a large mail goes when the mail is stored, and stays readable for whoever has it open.
            (_content, Held) = isSmall ? (arrived.Content.OpenRead(), arrived.Content.Length) : (null, 0);
            return new JudgedContent(Verdict.Accept("CONF-19"), arrived.Content);
        }
        try
        {
            await using var content = isSmall ? arrived.Content.OpenRead() : null;
            var findings = await InTimeAsync(content, cancel).ConfigureAwait(false);
            var verdict = SenderJudgement.Of(_options, findings, Client.Remote.Address);
            _door.Found(this, Id, findings, verdict.Refusal?.ToString() ?? "accepted");
            if (!verdict.Accepted)
                return Refused(verdict, arrived);
            var header = AuthenticationResults.Header(_options, findings, Path.IsNull);
            return await TaggedContent.MakeAsync(arrived.Content, header, _options.HostName, cancel).ConfigureAwait(false) is { } tagged
                ? new JudgedContent(verdict, tagged)
                : Refused(Verdict.Refuse(HeaderTooLarge, "CONF-19"), arrived);
        }
        catch (Exception trouble) when (!cancel.IsCancellationRequested)
        {
            _door.Trouble(Id, trouble);
            return Refused(Verdict.Refuse(Trouble, "CONF-19"), arrived);
        }
    }

    private JudgedContent Refused(Verdict verdict, ArrivedContent arrived)
    {
        Dispose();
        return new JudgedContent(verdict, arrived.Content);
    }

    /// <summary>The mail has its answer.</summary>
    public void Answered(bool accepted)
    {
        if (accepted && !_options.BeforeAnswer)
            _door.Later(this);
        else
            Dispose();
    }

    /// <summary>The checks of a mail that was accepted.</summary>
    public async Task LogAsync(CancellationToken cancel)
    {
        var spf = _options.NeedsSpf ? await _door.SpfAsync(this, cancel).ConfigureAwait(false) : null;
        _door.Found(this, Id, await _door.ContentAsync(this, spf, _content, _facts, cancel).ConfigureAwait(false), "accepted");
    }

    /// <summary>What the metrics are told; only of checks that are not off, and of few words.</summary>
    public IEnumerable<(string Method, string Result)> Reported(SenderFindings findings)
    {
        if (_options.Spf != SenderMode.Off && findings.Spf is { } spf)
            yield return ("spf", Word(spf.Mail.Result));
        if (_options.Dkim != SenderMode.Off && findings.DkimMade)
            yield return ("dkim", findings.Dkim.IsEmpty ? Word(AuthResult.None) : Word(findings.Dkim.Any(one => one.Result == AuthResult.Pass) ? AuthResult.Pass : findings.Dkim[0].Result));
        if (_options.Dmarc != SenderMode.Off && findings.Dmarc is { } dmarc)
            yield return ("dmarc", Word(dmarc.Result));
    }

    public void Dispose()
    {
        _content?.Dispose();
        _content = null;
        // Without a timer there is nothing to dispose of, and a check that is just beginning may still look at it.
        _given.Cancel();
    }

    private static string Word(AuthResult result) => result.ToString().ToLowerInvariant();

    /// <summary>What is not known when time is up is temperror.</summary>
    private async Task<SenderFindings> InTimeAsync(Stream? content, CancellationToken cancel)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        limit.CancelAfter(_options.Patience);
        SpfFindings? spf = null;
        try
        {
            spf = _spf is null ? null : await _spf.WaitAsync(limit.Token).ConfigureAwait(false);
            return await _door.ContentAsync(this, spf, content, _facts, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancel.IsCancellationRequested)
        {
            return Check.Late(spf, Path);
        }
    }
}
