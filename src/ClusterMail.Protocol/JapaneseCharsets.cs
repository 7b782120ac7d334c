using System.Runtime.CompilerServices;
using System.Text;

namespace ClusterMail.Protocol;

/// <summary>Makes ISO-2022-JP, Shift_JIS and EUC-JP known to this process, before anything is read with them.</summary>
internal static class JapaneseCharsets
{
    // CA2255 warns of work hidden in a library's loading. Here nothing else will do: MimeKit notes at its first use which charsets exist, and from then on takes
    // mails in the others for Latin text. Keywords of approval would then be searched in nonsense, and nobody would notice.
#pragma warning disable CA2255
    [ModuleInitializer]
#pragma warning restore CA2255
    internal static void Register() => Encoding.RegisterProvider(CodePagesEncodingProvider.Instance);
}
