using System.Text;

namespace ClusterMail.Approval.Viewing;

/// <summary>ISO-2022-JP, Shift_JIS and EUC-JP are known to .NET only when asked for; MIME decoding looks them up by name.</summary>
internal static class Charsets
{
    public static Encoding Iso2022Jp { get; } = Load();

    /// <summary>Called before anything is decoded: a name once looked up in vain may be remembered as unknown.</summary>
    public static void Ready() => _ = Iso2022Jp;

    private static Encoding Load()
    {
        Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
        return Encoding.GetEncoding("iso-2022-jp");
    }
}
