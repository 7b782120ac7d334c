using System.Globalization;

namespace ClusterMail.Cli.Output;

/// <summary>
/// What people read, in English or, when the locale starts with <c>ja</c>, in Japanese. The English text is the key, as in gettext: a text
/// without a translation appears in English, so that a new message needs nothing but itself.
/// </summary>
public static class Words
{
    /// <summary><c>--lang</c>, else LC_ALL, LC_MESSAGES, LANG: the first that is set decides (POSIX).</summary>
    public static bool InJapanese { get; private set; } = new[] { "LC_ALL", "LC_MESSAGES", "LANG" }
        .Select(Environment.GetEnvironmentVariable)
        .FirstOrDefault(value => !string.IsNullOrEmpty(value))?.StartsWith("ja", StringComparison.Ordinal) == true;

    /// <param name="language">en or ja; null: as the environment says.</param>
    /// <returns>Whether that changed anything: what was put together before speaks the other language.</returns>
    internal static bool Choose(string? language)
    {
        if (language is null || InJapanese == (language == "ja"))
            return false;
        InJapanese = !InJapanese;
        return true;
    }

    public static string Of(string english) => InJapanese ? Japanese.Of(english) : english;

    /// <summary>The same with holes: the format with <c>{0}</c>, <c>{1}</c> is the key.</summary>
    public static string Of(FormattableString english) =>
        string.Format(CultureInfo.InvariantCulture, Of(english.Format), english.GetArguments());

    /// <summary>The same, for an interpolated text, which the compiler would rather give to <see cref="Of(string)"/>.</summary>
    public static string Say(FormattableString english) => Of(english);
}
