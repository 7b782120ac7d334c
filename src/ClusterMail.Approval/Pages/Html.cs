using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace ClusterMail.Approval.Pages;

/// <summary>
/// A piece of markup. Written as an interpolated string whose holes are encoded, text and attribute values alike; only another <see cref="Html"/> goes in as
/// it is. So nobody can forget to encode.
/// </summary>
public readonly record struct Html
{
    private readonly string? _markup;

    private Html(string markup) => _markup = markup;

    public static Html Empty => default;

    public static Html Of(ref Holes markup) => new(markup.Take());

    /// <summary>Markup of this program: style sheets, and mails that went through the sanitiser.</summary>
    public static Html Trusted(string markup) => new(markup);

    public static Html Join(IEnumerable<Html> pieces) => new(string.Concat(pieces.Select(piece => piece.ToString())));

    public static Html When(bool condition, Html markup) => condition ? markup : Empty;

    public override string ToString() => _markup ?? "";

    [InterpolatedStringHandler]
    public readonly ref struct Holes
    {
        private readonly StringBuilder _text;

        public Holes(int literalLength, int formattedCount) => _text = new StringBuilder(literalLength + (formattedCount * 32));

        public void AppendLiteral(string text) => _text.Append(text);

        public void AppendFormatted(string? text) => _text.Append(WebUtility.HtmlEncode(text));

        public void AppendFormatted(int number) => _text.Append(number.ToString(CultureInfo.InvariantCulture));

        public void AppendFormatted(Html markup) => _text.Append(markup.ToString());

        public string Take() => _text.ToString();
    }
}
