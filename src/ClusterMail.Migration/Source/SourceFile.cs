namespace ClusterMail.Migration.Source;

/// <summary>One file of the original.</summary>
/// <param name="Path">Below the folder that is imported, with <c>/</c>.</param>
/// <param name="Length">Octets.</param>
/// <param name="Modified">Time of the file system, where the copy kept it.</param>
public sealed record SourceFile(string Path, long Length, DateTimeOffset Modified, Func<Stream> Open)
{
    /// <summary>Octets of a file that is read as text; a table or an export of this size does not exist.</summary>
    public const long LargestText = 64 * 1024 * 1024;

    /// <summary>Name with its ending.</summary>
    public string Name { get; } = Path[(Path.LastIndexOf('/') + 1)..];

    /// <summary>Names of the folders above it, outermost first.</summary>
    public IReadOnlyList<string> Folders { get; } = Path.Split('/')[..^1];

    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);

    public bool Ends(string ending) => Name.EndsWith(ending, StringComparison.OrdinalIgnoreCase);

    /// <summary>The name without its ending.</summary>
    public string Stem => Name.LastIndexOf('.') is var dot and > 0 ? Name[..dot] : Name;

    public byte[] ReadAll()
    {
        using var stream = Open();
        using var octets = new MemoryStream((int)Math.Min(Length, int.MaxValue));
        stream.CopyTo(octets);
        return octets.ToArray();
    }

    /// <summary>The first octets.</summary>
    public byte[] ReadHead(int octets)
    {
        using var stream = Open();
        var head = new byte[octets];
        return head[..stream.ReadAtLeast(head, octets, throwOnEndOfStream: false)];
    }
}
