namespace ClusterMail.Store.Content;

/// <summary>
/// The keys of contents in queue and mailboxes that this node has, and whether new contents are sealed (<c>store.encrypt_at_rest</c>). Contents are read with the key they name, whatever the
/// switch says.
/// </summary>
/// <param name="isOn">The switch as it is now.</param>
/// <param name="keys">The first seals; all open. Empty: the node's file names no key.</param>
public sealed class ContentKeys(Func<bool> isOn, IReadOnlyList<ContentKey> keys)
{
    /// <summary>No key, nothing sealed.</summary>
    public static ContentKeys None { get; } = new(() => false, []);

    /// <summary>A content named a key that this node does not have; called for each.</summary>
    public event Action<string>? Missed;

    public bool IsOn => isOn();

    /// <summary>The switch is on, and this node has no key: it takes no mail (451).</summary>
    public bool IsLacking => keys.Count == 0 && isOn();

    /// <summary>Name of the key that seals; null: there is none.</summary>
    public string? Current => keys.Count > 0 ? keys[0].Name : null;

    public bool Has(string name) => keys.Any(key => key.Name == name);

    /// <summary>The key for new contents; null: they are stored as they are.</summary>
    /// <exception cref="ContentClosedException">They are to be sealed, and there is no key.</exception>
    internal ContentKey? Sealing => !isOn() ? null
        : keys.Count > 0 ? keys[0]
        : throw new ContentClosedException("store.encrypt_at_rest is on, but the node's file names no password-key-file: nothing can be stored here");

    /// <summary>The same for notices about what has happened already: an outcome must be written even where the switch came on a moment before the key.</summary>
    internal ContentKey? SealingIfAny => keys.Count > 0 && isOn() ? keys[0] : null;

    /// <exception cref="ContentClosedException">This node does not have it.</exception>
    internal ContentKey Find(string name)
    {
        foreach (var key in keys)
            if (key.Name == name)
                return key;
        Missed?.Invoke(name);
        throw ContentClosedException.Missing(name);
    }
}
