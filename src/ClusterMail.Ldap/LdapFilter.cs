using System.Formats.Asn1;
using System.Globalization;
using System.Text;

namespace ClusterMail.Ldap;

/// <summary>
/// A search filter (RFC 4515) with places for an account: <c>{address}</c>, <c>{user}</c> (the local part) and, for groups, <c>{dn}</c>. Read once; the values are put into
/// the tree, never into the text, so that nothing in a login name can become part of the filter's syntax.
/// </summary>
public sealed class LdapFilter
{
    /// <summary>Characters of a filter at most.</summary>
    public const int Longest = 2000;
    private const int Deepest = 16;

    private readonly Node _root;

    private LdapFilter(Node root, string text) => (_root, Text) = (root, text);

    public string Text { get; }

    /// <summary>The parsed filter, or what is wrong with it and at which column, from 1.</summary>
    public static (LdapFilter? Filter, string? Complaint, int Column) Parse(string text)
    {
        if (text.Length > Longest)
            return (null, $"is longer than {Longest} characters", Longest);
        var reader = new Reader(text);
        try
        {
            var root = reader.Filter(0);
            if (reader.At < text.Length)
                return (null, "has something behind its last parenthesis", reader.At + 1);
            return (new LdapFilter(root, text), null, 0);
        }
        catch (FormatException wrong)
        {
            return (null, wrong.Message, reader.At + 1);
        }
    }

    /// <exception cref="FormatException">The text is no filter: only for texts of the program's own.</exception>
    internal static LdapFilter Of(string text) => Parse(text) is { Filter: { } filter } ? filter : throw new FormatException(text);

    internal void Write(AsnWriter writer, LdapSubject subject) => _root.Write(writer, subject);

    private static Asn1Tag Context(int number, bool constructed = false) => new(TagClass.ContextSpecific, number, constructed);

    private static byte[] Fill(byte[] value, LdapSubject subject)
    {
        var text = Encoding.UTF8.GetString(value);
        return text.Contains('{', StringComparison.Ordinal) ? Encoding.UTF8.GetBytes(Filled(text, subject)) : value;
    }

    /// <summary>One pass, so that a name which contains <c>{address}</c> stays what it is.</summary>
    private static string Filled(string text, LdapSubject subject)
    {
        var filled = new StringBuilder();
        for (var at = 0; at < text.Length;)
        {
            var (word, value) = text.AsSpan(at) switch
            {
                var rest when rest.StartsWith("{user}", StringComparison.Ordinal) => ("{user}", subject.User),
                var rest when rest.StartsWith("{address}", StringComparison.Ordinal) => ("{address}", subject.Address),
                var rest when rest.StartsWith("{dn}", StringComparison.Ordinal) => ("{dn}", subject.Dn),
                _ => (text[at].ToString(), text[at].ToString()),
            };
            filled.Append(value);
            at += word.Length;
        }
        return filled.ToString();
    }

    private abstract record Node
    {
        public abstract void Write(AsnWriter writer, LdapSubject subject);
    }

    /// <param name="Tag">0 and, 1 or, 2 not.</param>
    private sealed record Joined(int Tag, IReadOnlyList<Node> Parts) : Node
    {
        public override void Write(AsnWriter writer, LdapSubject subject)
        {
            // AND and OR are SET OF. BER asks for no order; a plain tag keeps the writer from sorting.
            using (writer.PushSequence(Context(Tag, constructed: true)))
                foreach (var part in Parts)
                    part.Write(writer, subject);
        }
    }

    /// <param name="Tag">3 equal, 5 at least, 6 at most, 8 about.</param>
    private sealed record Compared(int Tag, string Attribute, byte[] Value) : Node
    {
        public override void Write(AsnWriter writer, LdapSubject subject)
        {
            using (writer.PushSequence(Context(Tag, constructed: true)))
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute));
                writer.WriteOctetString(Fill(Value, subject));
            }
        }
    }

    private sealed record Present(string Attribute) : Node
    {
        public override void Write(AsnWriter writer, LdapSubject subject) => writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute), Context(7));
    }

    private sealed record Substrings(string Attribute, IReadOnlyList<byte[]> Parts) : Node
    {
        public override void Write(AsnWriter writer, LdapSubject subject)
        {
            using (writer.PushSequence(Context(4, constructed: true)))
            {
                writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute));
                using (writer.PushSequence())
                    for (var i = 0; i < Parts.Count; i++)
                        if (Parts[i].Length > 0)
                            writer.WriteOctetString(Fill(Parts[i], subject), Context(i == 0 ? 0 : i == Parts.Count - 1 ? 2 : 1));
            }
        }
    }

    /// <summary><c>attribute:rule:=value</c>, as in <c>userAccountControl:1.2.840.113556.1.4.803:=2</c>.</summary>
    private sealed record Extended(string Attribute, string Rule, bool WithDn, byte[] Value) : Node
    {
        public override void Write(AsnWriter writer, LdapSubject subject)
        {
            using (writer.PushSequence(Context(9, constructed: true)))
            {
                if (Rule.Length > 0)
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(Rule), Context(1));
                if (Attribute.Length > 0)
                    writer.WriteOctetString(Encoding.UTF8.GetBytes(Attribute), Context(2));
                writer.WriteOctetString(Fill(Value, subject), Context(3));
                if (WithDn)
                    writer.WriteBoolean(true, Context(4));
            }
        }
    }

    private sealed class Reader(string text)
    {
        public int At { get; private set; }

        public Node Filter(int depth)
        {
            if (depth > Deepest)
                throw new FormatException($"has more than {Deepest} parentheses within each other");
            Take('(');
            var node = Peek() switch
            {
                '&' => Many(0, depth),
                '|' => Many(1, depth),
                '!' => Not(depth),
                _ => Item(),
            };
            Take(')');
            return node;
        }

        private Joined Many(int tag, int depth)
        {
            At++;
            var parts = new List<Node>();
            while (Peek() == '(')
                parts.Add(Filter(depth + 1));
            return parts.Count > 0 ? new Joined(tag, parts) : throw new FormatException("wants a parenthesis here");
        }

        private Joined Not(int depth)
        {
            At++;
            return new Joined(2, [Filter(depth + 1)]);
        }

        private Node Item()
        {
            var start = At;
            while (Peek() is not ('=' or '\0' or '(' or ')'))
                At++;
            if (Peek() != '=' || At == start)
                throw new FormatException("wants attribute=value here");
            var left = text[start..At];
            At++;
            var values = Values();
            if (left[^1] == ':')
                return Extensible(left[..^1], Single(values), start);
            var (tag, attribute) = left[^1] switch { '>' => (5, left[..^1]), '<' => (6, left[..^1]), '~' => (8, left[..^1]), _ => (3, left) };
            if (!IsAttribute(attribute))
                throw Wrong(start, "wants the name of an attribute here");
            return tag != 3 || values.Count == 1 ? new Compared(tag, attribute, Single(values))
                : values.All(value => value.Length == 0) ? new Present(attribute)
                : new Substrings(attribute, values);
        }

        private Extended Extensible(string left, byte[] value, int start)
        {
            var words = left.Split(':');
            var withDn = words.Skip(1).Contains("dn", StringComparer.OrdinalIgnoreCase);
            var rules = words.Skip(1).Where(word => !word.Equals("dn", StringComparison.OrdinalIgnoreCase)).ToArray();
            return (words[0].Length == 0 || IsAttribute(words[0])) && rules.Length <= 1 && rules.All(IsAttribute) && (words[0].Length > 0 || rules.Length > 0)
                ? new Extended(words[0], rules.FirstOrDefault() ?? "", withDn, value)
                : throw Wrong(start, "wants attribute:rule:=value here");
        }

        /// <summary>The value, cut at every <c>*</c> that stands for anything.</summary>
        private List<byte[]> Values()
        {
            var parts = new List<byte[]>();
            var part = new List<byte>();
            for (; Peek() is not (')' or '\0'); At++)
                switch (text[At])
                {
                    case '*':
                        parts.Add([.. part]);
                        part.Clear();
                        break;
                    case '(':
                        throw new FormatException("has a parenthesis inside a value; write it as \\28");
                    case '\\':
                        if (At + 2 >= text.Length || !byte.TryParse(text.AsSpan(At + 1, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var octet))
                            throw new FormatException("wants two hexadecimal digits behind the backslash");
                        part.Add(octet);
                        At += 2;
                        break;
                    default:
                        var length = char.IsHighSurrogate(text[At]) && At + 1 < text.Length ? 2 : 1;
                        part.AddRange(Encoding.UTF8.GetBytes(text.Substring(At, length)));
                        At += length - 1;
                        break;
                }
            parts.Add([.. part]);
            return parts;
        }

        private byte[] Single(List<byte[]> values) => values.Count == 1 ? values[0] : throw new FormatException("has a * where none may be; write it as \\2a");

        private static bool IsAttribute(string name) => name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '.' or ';' or '_');

        private char Peek() => At < text.Length ? text[At] : '\0';

        private void Take(char wanted)
        {
            if (Peek() != wanted)
                throw new FormatException($"wants {wanted} here");
            At++;
        }

        private FormatException Wrong(int at, string complaint)
        {
            At = at;
            return new FormatException(complaint);
        }
    }
}

/// <summary>Whom a filter is about.</summary>
/// <param name="Dn">Of the entry found; empty while it is searched.</param>
internal readonly record struct LdapSubject(string User, string Address, string Dn = "");
