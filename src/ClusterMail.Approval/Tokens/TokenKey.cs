namespace ClusterMail.Approval.Tokens;

/// <summary>One key that decision texts are signed with (APPROVE-136). Its octets are in no log and no text form.</summary>
public sealed class TokenKey
{
    /// <summary>256 bit (APPROVE-136).</summary>
    public const int Octets = 32;

    private readonly byte[] _secret;

    /// <exception cref="ArgumentException">The id is not one to four letters or digits, or the secret has not 32 octets.</exception>
    public TokenKey(string id, ReadOnlySpan<byte> secret, DateTimeOffset createdAt)
    {
        if (id.Length is < 1 or > 4 || !id.All(char.IsAsciiLetterOrDigit))
            throw new ArgumentException($"A key id has one to four letters or digits (APPROVE-133), not '{id}'.", nameof(id));
        if (secret.Length != Octets)
            throw new ArgumentException($"A token key has {Octets} octets (APPROVE-136), not {secret.Length}.", nameof(secret));
        Id = id;
        CreatedAt = createdAt;
        _secret = secret.ToArray();
    }

    public string Id { get; }
    public DateTimeOffset CreatedAt { get; }
    internal ReadOnlySpan<byte> Secret => _secret;

    public override string ToString() => $"token key {Id}";
}
