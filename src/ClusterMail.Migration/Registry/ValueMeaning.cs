namespace ClusterMail.Migration.Registry;

/// <summary>What a value of the original is here.</summary>
internal abstract record ValueMeaning
{
    /// <summary>A whole number with the same unit, and the same meaning of 0.</summary>
    internal sealed record Number(string Setting) : ValueMeaning;

    /// <summary>On or off.</summary>
    internal sealed record Switch(string Setting) : ValueMeaning;

    /// <summary>On or off, which are two words of a choice.</summary>
    internal sealed record Choice(string Setting, string Off, string On) : ValueMeaning;

    /// <summary>A text taken as it is; empty: not set.</summary>
    internal sealed record Plain(string Setting) : ValueMeaning;

    /// <summary>A list of words.</summary>
    internal sealed record Words(string Setting) : ValueMeaning;

    /// <summary>RETRY-5, RETRY-6: 0 means something else here.</summary>
    internal sealed record Refusals : ValueMeaning;

    /// <summary>AUTH-3 to AUTH-5: as words; a bare number may count from 0 or from 1.</summary>
    internal sealed record SecurityLevel : ValueMeaning;

    /// <summary><c>multiple</c>: the growing schedule (RETRY-8).</summary>
    internal sealed record ResendingRule : ValueMeaning;

    /// <summary><c>multi=30</c>, or the number alone (DELIV-1).</summary>
    internal sealed record Threads : ValueMeaning;

    /// <summary>CLU-11.</summary>
    internal sealed record LogicalIp : ValueMeaning;

    /// <summary>The counter of mail numbers (MSGID-2).</summary>
    internal sealed record LastNumber : ValueMeaning;

    /// <summary>Operated domains.</summary>
    internal sealed record Domains : ValueMeaning;

    /// <summary>ESMTPで送信 and what belongs to it (OUT-3): one login for the single gateway.</summary>
    internal sealed record Login(LoginPart Part) : ValueMeaning;

    /// <summary>Belongs to a part of the product that is not there yet.</summary>
    internal sealed record Later(string With, string Rule) : ValueMeaning;

    /// <summary>There is nothing like it here, and need not be.</summary>
    internal sealed record Gone(string Reason, string Rule) : ValueMeaning;

    /// <summary>Known, but what it says cannot be told from the value.</summary>
    internal sealed record Unclear(string Reason, string Rule) : ValueMeaning;
}

/// <summary>The values of ESMTPで送信.</summary>
internal enum LoginPart : byte
{
    On,
    Method,
    User,
    Password,
}
