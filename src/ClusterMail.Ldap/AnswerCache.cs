using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace ClusterMail.Ldap;

/// <summary>
/// Good logins of the last seconds, so that a client which connects again at once does not ask the directory each time. Kept is an HMAC under a key that this process has made
/// for itself and never writes anywhere; the password is not in it and cannot be found from it without that key.
/// </summary>
internal sealed class AnswerCache(TimeProvider time)
{
    /// <summary>Entries; beyond it all are forgotten (P6).</summary>
    private const int Most = 10_000;

    private readonly byte[] _key = RandomNumberGenerator.GetBytes(32);
    private readonly ConcurrentDictionary<string, (byte[] Proof, long Since)> _good = new(StringComparer.Ordinal);

    public bool Knows(string address, string password, TimeSpan within) =>
        _good.TryGetValue(address, out var known) && time.GetElapsedTime(known.Since) < within && CryptographicOperations.FixedTimeEquals(known.Proof, Proof(address, password));

    public void Note(string address, string password)
    {
        if (_good.Count >= Most)
            _good.Clear();
        _good[address] = (Proof(address, password), time.GetTimestamp());
    }

    public void Clear() => _good.Clear();

    private byte[] Proof(string address, string password)
    {
        var octets = Encoding.UTF8.GetBytes(address + "\0" + password);
        var proof = HMACSHA256.HashData(_key, octets);
        CryptographicOperations.ZeroMemory(octets);
        return proof;
    }
}
