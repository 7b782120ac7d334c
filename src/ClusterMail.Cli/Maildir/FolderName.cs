using System.Text;

namespace ClusterMail.Cli.Maildir;

/// <summary>
/// One level of a folder's name as a Maildir++ writes it: modified UTF-7 (RFC 3501 §5.1.3), with what a file system or the dot between levels would misread encoded
/// as well.
/// </summary>
internal static class FolderName
{
    public static string Encode(string level)
    {
        var encoded = new StringBuilder();
        for (var i = 0; i < level.Length;)
        {
            if (IsPlain(level[i]))
            {
                encoded.Append(level[i++]);
                continue;
            }
            if (level[i] == '&')
            {
                encoded.Append("&-");
                i++;
                continue;
            }
            var start = i;
            while (i < level.Length && !IsPlain(level[i]) && level[i] != '&')
                i++;
            encoded.Append('&').Append(Convert.ToBase64String(Encoding.BigEndianUnicode.GetBytes(level[start..i])).TrimEnd('=').Replace('/', ',')).Append('-');
        }
        return encoded.ToString();
    }

    private static bool IsPlain(char c) => c is >= ' ' and <= '~' and not ('&' or '.' or '/' or '\\');
}
