using System.Collections.Immutable;
using System.Globalization;

namespace ClusterMail.Approval.Tokens;

/// <summary>The keys of the farm: one that signs, and older ones that still check (APPROVE-136). Immutable; each change gives a new ring.</summary>
/// <param name="Current">Signs what is issued from now on.</param>
/// <param name="Older">Check only.</param>
public sealed record TokenKeyRing(TokenKey Current, ImmutableArray<TokenKey> Older)
{
    /// <summary>A key signs for 90 days (APPROVE-136).</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromDays(90);

    public static TokenKeyRing Of(TokenKey key) => new(key, []);

    public bool IsRotationDue(DateTimeOffset now) => now - Current.CreatedAt >= Lifetime;

    /// <summary>Null: unknown or withdrawn, so its tokens are worth nothing.</summary>
    public TokenKey? Find(string? id) => Current.Id == id ? Current : Older.FirstOrDefault(key => key.Id == id);

    /// <summary>The new key signs from now on; the one before goes on checking.</summary>
    /// <param name="secret">32 random octets.</param>
    public TokenKeyRing Rotate(ReadOnlySpan<byte> secret, DateTimeOffset now) => new(new TokenKey(NextId(), secret, now), [Current, .. Older]);

    /// <summary>Drops older keys that no open held mail was issued with.</summary>
    public TokenKeyRing Retire(IReadOnlySet<string> inUse) => this with { Older = [.. Older.Where(key => inUse.Contains(key.Id))] };

    /// <summary>Makes the tokens of a key invalid at once; withdrawing the current one needs a successor. Who was asked with it is asked again.</summary>
    public TokenKeyRing Withdraw(string id, ReadOnlySpan<byte> successor, DateTimeOffset now)
    {
        var ring = Current.Id == id ? Rotate(successor, now) : this;
        return ring with { Older = [.. ring.Older.Where(key => key.Id != id)] };
    }

    // k1, k2, ... k999, then k1 again: an id may come back only when its key is in the ring no more.
    private string NextId()
    {
        var number = int.TryParse(Current.Id.AsSpan(1), NumberStyles.None, CultureInfo.InvariantCulture, out var current) ? current : 0;
        for (var step = 1; step <= 999; step++)
        {
            var id = $"k{((number + step - 1) % 999) + 1}";
            if (Find(id) is null)
                return id;
        }
        throw new InvalidOperationException("999 token keys are in use; retire the ones no held mail needs.");
    }
}
