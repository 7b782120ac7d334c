using System.Collections.Immutable;
using System.Globalization;

namespace ClusterMail.Approval.Policies;

/// <summary>The third field of a line: terms that must all be true (APPROVE-20).</summary>
public sealed record Condition(ImmutableArray<Condition.Term> Terms)
{
    public static Condition None { get; } = new([]);

    public bool IsEmpty => Terms.IsEmpty;

    /// <summary>Where keywords are searched; the subject alone unless <c>in=</c> says more (APPROVE-39, APPROVE-41).</summary>
    public SearchPlaces Places => Terms.OfType<SearchIn>().FirstOrDefault()?.Places ?? SearchPlaces.Subject;

    public bool Equals(Condition? other) => other is not null && Terms.SequenceEqual(other.Terms);

    public override int GetHashCode() => Terms.Aggregate(0, HashCode.Combine);

    public override string ToString() => string.Join('&', Terms);

    public abstract record Term;

    /// <summary><c>file=C:\…\keyword.txt</c>: one of the words of a list is found (APPROVE-39).</summary>
    /// <param name="Path">As written; a Windows path with its colon.</param>
    public sealed record KeywordFile(string Path) : Term
    {
        /// <summary>The base name, under which the list is stored (APPROVE-42).</summary>
        public string Name => Path[(Path.LastIndexOfAny(['\\', '/']) + 1)..];

        public override string ToString() => $"file={Path}";
    }

    /// <summary><c>list=name</c></summary>
    public sealed record KeywordList(string Name) : Term
    {
        public override string ToString() => $"list={Name}";
    }

    /// <summary><c>in=subject+body+name</c>: no test of its own, but where the keywords of the line are searched.</summary>
    public sealed record SearchIn(SearchPlaces Places) : Term
    {
        public override string ToString() => $"in={string.Join('+', Enum.GetValues<SearchPlaces>().Where(place => Places.HasFlag(place)).Select(place => place.ToString().ToLowerInvariant()))}";
    }

    /// <summary><c>size&gt;10M</c>: the content is larger than so many octets. K is 1024, M is 1024 K.</summary>
    public sealed record LargerThan(long Octets) : Term
    {
        public override string ToString() => Octets switch
        {
            > 0 when Octets % 1_048_576 == 0 => string.Create(CultureInfo.InvariantCulture, $"size>{Octets / 1_048_576}M"),
            > 0 when Octets % 1024 == 0 => string.Create(CultureInfo.InvariantCulture, $"size>{Octets / 1024}K"),
            _ => string.Create(CultureInfo.InvariantCulture, $"size>{Octets}"),
        };
    }

    /// <summary><c>rcpt&gt;20</c>: the submission has more recipients outside our domains.</summary>
    public sealed record MoreRecipientsThan(int Count) : Term
    {
        public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"rcpt>{Count}");
    }

    /// <summary><c>ext=zip|exe</c>: an attachment's name ends so. Lower case, without the dot.</summary>
    public sealed record Extension(ImmutableArray<string> Names) : Term
    {
        public bool Equals(Extension? other) => other is not null && Names.SequenceEqual(other.Names);

        public override int GetHashCode() => Names.Aggregate(0, HashCode.Combine);

        public override string ToString() => $"ext={string.Join('|', Names)}";
    }

    /// <summary><c>attach</c>: the test of mode 2 (APPROVE-37).</summary>
    public sealed record Attachment : Term
    {
        public override string ToString() => "attach";
    }
}

/// <summary>Parts of a mail in which keywords are searched (APPROVE-41).</summary>
[Flags]
public enum SearchPlaces : byte
{
    Subject = 1,
    Body = 2,

    /// <summary>Names of attachments.</summary>
    Name = 4,
}
