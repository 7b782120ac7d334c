using System.Globalization;
using System.Text;

namespace ClusterMail.Protocol.Dsn;

/// <summary>xtext of RFC 3461 §4: <c>+</c> and two hexadecimal digits stand for an octet.</summary>
public static class Xtext
{
    /// <summary>Printable ASCII without <c>+</c> and <c>=</c> as it is, every other octet encoded.</summary>
    public static string Encode(string text)
    {
        if (!text.AsSpan().ContainsAnyExceptInRange('!', '~') && !text.AsSpan().ContainsAny('+', '='))
            return text;
        var encoded = new StringBuilder(text.Length + 16);
        foreach (var octet in Encoding.UTF8.GetBytes(text))
            _ = octet is >= (byte)'!' and <= (byte)'~' and not ((byte)'+' or (byte)'=')
                ? encoded.Append((char)octet)
                : encoded.Append(CultureInfo.InvariantCulture, $"+{octet:X2}");
        return encoded.ToString();
    }

    /// <summary>The text meant. What is not proper xtext stays as it is.</summary>
    public static string? Decode(string? xtext)
    {
        if (xtext is null || !xtext.Contains('+'))
            return xtext;
        var octets = new List<byte>(xtext.Length);
        for (var i = 0; i < xtext.Length; i++)
            if (xtext[i] == '+' && i + 2 < xtext.Length && byte.TryParse(xtext.AsSpan(i + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
            {
                octets.Add(octet);
                i += 2;
            }
            else
            {
                octets.AddRange(Encoding.UTF8.GetBytes([xtext[i]]));
            }
        return Encoding.UTF8.GetString([.. octets]);
    }
}
