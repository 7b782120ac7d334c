using ClusterMail.Protocol;

namespace ClusterMail.Accounts;

/// <summary>One line of the alias table (04 A).</summary>
/// <param name="Name">The alias; <c>*</c> may stand anywhere in its local part (ALIAS-3).</param>
/// <param name="Real">Where it goes; a local part of <c>*</c> repeats what the alias's <c>*</c> matched.</param>
/// <param name="Mode">What stands behind the real address.</param>
public sealed record Alias(Mailbox Name, Mailbox Real, AliasMode Mode)
{
    /// <summary>ALIAS-4, ALIAS-5: the real address takes the alias's place in the envelope.</summary>
    public bool Replaces => Mode switch
    {
        AliasMode.Keep => false,
        AliasMode.Replace => true,
        _ => DomainName.Normalize(Name.Domain) != DomainName.Normalize(Real.Domain),
    };

    public override string ToString() => $"{Name} -> {Real}{Mode switch { AliasMode.Keep => ",0", AliasMode.Replace => ",1", _ => "" }}";
}

public enum AliasMode : byte
{
    /// <summary>No option: kept within one domain, replaced across domains (ALIAS-5).</summary>
    ByDomain = 0,

    /// <summary><c>,0</c></summary>
    Keep = 1,

    /// <summary><c>,1</c></summary>
    Replace = 2,
}
