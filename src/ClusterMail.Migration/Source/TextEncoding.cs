namespace ClusterMail.Migration.Source;

/// <summary>How the original's text files are read (IMP-7).</summary>
public enum TextEncoding : byte
{
    /// <summary>UTF-16 with its mark, UTF-8 where all of a file is UTF-8, else Shift_JIS.</summary>
    Auto,
    Utf8,
    ShiftJis,
}
