namespace ClusterMail.Admin.Contract;

/// <summary><c>approval preset list</c>: the four placements (chapter 24).</summary>
public sealed record PresetList(IReadOnlyList<PresetEntry> Presets);

/// <param name="Name">front, hosted, local, exchange.</param>
/// <param name="Japanese">Its short name in the specification.</param>
public sealed record PresetEntry(string Name, string Japanese, string Summary, string SummaryJapanese);

/// <summary>What a placement is to be set up with.</summary>
public sealed record PresetOrder
{
    /// <summary>The domain whose accounts send through this farm.</summary>
    public string? Domain { get; init; }

    /// <summary>The server behind: <c>192.0.2.5:25</c>, <c>smtp.provider.example:465*</c>.</summary>
    public string? Next { get; init; }

    /// <summary><c>required</c> or <c>off</c>: AUTH toward clients. Null: required.</summary>
    public string? Auth { get; init; }

    /// <summary>Networks that may submit where AUTH is off (APPROVE-412).</summary>
    public string? Networks { get; init; }

    /// <summary>Label of the sub-domain (<c>exchange</c>). Null: sub.</summary>
    public string? Label { get; init; }

    /// <summary>Addresses of the internal servers (<c>exchange</c>). Null: the address in <see cref="Next"/>.</summary>
    public string? Servers { get; init; }

    /// <summary>Settings that are in the way are overwritten.</summary>
    public bool Replace { get; init; }

    /// <summary>Judge and show; save nothing.</summary>
    public bool DryRun { get; init; }

    /// <summary>Version that was shown; another newest one refuses with 409. Null: whatever is newest.</summary>
    public long? Base { get; init; }

    /// <summary>Warnings that need it are confirmed.</summary>
    public bool Confirm { get; init; }
}

/// <summary>What a placement sets, and what it leaves to people.</summary>
/// <param name="Version">Of the settings it was compared with.</param>
/// <param name="Conflicts">Settings that are in the way.</param>
public sealed record PresetPlan(PresetEntry Preset, long Version, IReadOnlyList<PresetValue> Values, IReadOnlyList<PresetConflict> Conflicts, IReadOnlyList<PresetStep> ByHand);

/// <param name="Value">What it will be; of a table the line that is put in.</param>
/// <param name="Now">What it is.</param>
public sealed record PresetValue(string Name, string Value, string Now, string Rule);

public sealed record PresetConflict(string Setting, string Rule, string Text);

/// <summary>Something people do elsewhere.</summary>
public sealed record PresetStep(string English, string Japanese);

/// <param name="Saved">Version and differences; for a dry run those there would be.</param>
public sealed record PresetApplied(SettingsSaved Saved, IReadOnlyList<PresetConflict> Conflicts, IReadOnlyList<PresetStep> ByHand);

/// <summary>Asks a node how far it gets with the next hop of a mail: names, connection, greeting, MAIL and RCPT, no content (APPROVE-408).</summary>
public sealed record HopQuestion(string From, string To)
{
    /// <summary>Only whether this name leads to the farm (APPROVE-454); null: the whole way of a mail.</summary>
    public string? Name { get; init; }
}

/// <param name="Node">Who asked.</param>
public sealed record HopAnswer(string Node, bool Works, IReadOnlyList<HopStep> Steps);

/// <param name="Stage">route, resolve, connect, mail, rcpt.</param>
/// <param name="Hint">What to do next; null: nothing.</param>
public sealed record HopStep(string Stage, bool Good, string Detail, string? Hint = null);

/// <summary>A mail of the guided check (APPROVE-407): judged as if its sender had logged in, held or queued like any other.</summary>
/// <param name="PolicyVersion">The sender's policy the node must know; it waits a little for it.</param>
public sealed record TrialMail(string From, string To, string Subject, long PolicyVersion = 0);

/// <param name="Id">Its number, and that of its first held group.</param>
/// <param name="Reply">What a client would have been told.</param>
public sealed record TrialAnswer(string Node, bool Accepted, string Id, string Reply);
