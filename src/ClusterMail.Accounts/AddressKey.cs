namespace ClusterMail.Accounts;

/// <summary>The forms in which two addresses are one.</summary>
public static class AddressKey
{
    /// <summary>Text without the quotes and backslashes RFC 5321 §4.1.2 allows: <c>"taro"</c> and <c>taro</c> are one mailbox.</summary>
    public static string Unquote(string local)
    {
        if (local.Length < 2 || local[0] != '"' || local[^1] != '"')
            return local;
        var inner = local[1..^1];
        if (!inner.Contains('\\', StringComparison.Ordinal))
            return inner;
        var plain = new System.Text.StringBuilder(inner.Length);
        for (var i = 0; i < inner.Length; i++)
            plain.Append(inner[i] == '\\' && i + 1 < inner.Length ? inner[++i] : inner[i]);
        return plain.ToString();
    }
}
