using ClusterMail.Protocol;

namespace ClusterMail.Routing;

/// <summary>
/// How a gateway is logged in to, as its line says (APPROVE-405):
/// <code>
/// login = ( "none" / name / "fixed:" name / "own" / "per-user" / "oauth" ) *( ";" ( "auth=" mechanism / "tls=" ( "required" / "verified" / "clear" ) ) )
/// </code>
/// <c>oauth</c> is <c>per-user;auth=XOAUTH2</c>: the secret is a token.
/// </summary>
/// <param name="Name">Of an entry of <c>route.credentials</c>, for <see cref="LoginKind.Fixed"/>.</param>
public sealed record GatewayLogin(LoginKind Kind, string Name = "")
{
    /// <summary>The strongest one the host offers.</summary>
    public const string Auto = "auto";

    public static IReadOnlyList<string> Mechanisms { get; } = [Auto, "PLAIN", "LOGIN", "CRAM-MD5", "SCRAM-SHA-256", "XOAUTH2"];

    /// <summary>SASL mechanism; default <see cref="Auto"/>.</summary>
    public string Mechanism { get; init; } = Auto;

    /// <summary>Default <see cref="LoginTls.Required"/> (APPROVE-423).</summary>
    public LoginTls Tls { get; init; }

    /// <summary>Whose login it is for the mail in question; null for a fixed one, and where no account of ours fits.</summary>
    public Mailbox? Account { get; init; }

    /// <summary>Whose login is taken when that of <see cref="Account"/> cannot be had or is refused; null: nobody's (APPROVE-425, APPROVE-426).</summary>
    public Mailbox? Instead { get; init; }

    /// <summary>Each account has one of its own.</summary>
    public bool IsPersonal => Kind != LoginKind.Fixed;

    /// <summary>What stands in the key of a destination behind <c>#</c>: a session opened with one login never carries the mail of another.</summary>
    public string Key => $"{Whose}{(Mechanism == Auto ? "" : $";auth={Mechanism}")}{(Tls == LoginTls.Required ? "" : $";tls={Word(Tls)}")}";

    private string Whose => Kind switch
    {
        LoginKind.Fixed => Name,
        LoginKind.Own => $"own:{Account}",
        _ => $"user:{Account}{(Instead is null ? "" : $"|{Instead}")}",
    };

    /// <summary>Empty and <c>none</c> are no login: true with null.</summary>
    /// <param name="complaint">When false: what is wrong, for people.</param>
    public static bool TryParse(string text, out GatewayLogin? login, out string complaint)
    {
        (login, complaint) = (null, "");
        var words = text.Split(';');
        var read = Kinds(words[0].Trim());
        if (read is null && words[0].Trim() is not ("" or "none"))
            complaint = "the login is none, per-user, oauth, own, or the name of an entry of route.credentials";
        foreach (var word in words.Skip(1))
        {
            if (complaint.Length > 0)
                return false;
            read = read is null ? null : With(read, word.Trim());
            complaint = read is null ? $"'{word.Trim()}' is no option of a login: auth={string.Join('|', Mechanisms)}, tls=required|verified|clear" : "";
        }
        login = read;
        return complaint.Length == 0;
    }

    private static GatewayLogin? Kinds(string word) => word switch
    {
        "per-user" => new(LoginKind.PerUser),
        "oauth" => new(LoginKind.PerUser) { Mechanism = "XOAUTH2" },
        "own" => new(LoginKind.Own),
        "none" or "" => null,
        ['f', 'i', 'x', 'e', 'd', ':', .. var name] when IsName(name) => new(LoginKind.Fixed, name),
        _ when IsName(word) => new(LoginKind.Fixed, word),
        _ => null,
    };

    private static GatewayLogin? With(GatewayLogin login, string option) => option.Split('=') switch
    {
        ["auth", var name] when Mechanisms.FirstOrDefault(one => one.Equals(name, StringComparison.OrdinalIgnoreCase)) is { } mechanism => login with { Mechanism = mechanism },
        ["tls", var word] when Enum.GetValues<LoginTls>().Where(one => Word(one) == word).ToArray() is [var tls] => login with { Tls = tls },
        _ => null,
    };

    private static bool IsName(string word) => word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');

    private static string Word(LoginTls tls) => tls.ToString().ToLowerInvariant();
}
