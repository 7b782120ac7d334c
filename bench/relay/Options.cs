using System.Globalization;

namespace ClusterMail.Bench.Relay;

/// <summary>What is run, from the command line.</summary>
internal sealed record Options
{
    private const string Usage = """
        bench/relay/run [options]: relays mail through ClusterMail and its peers, by turns, on this machine.
          --peers LIST       postfix, haraka, exim, or none for ClusterMail alone     default postfix
          --runs N           runs of each party; medians are printed                   default 5
          --sizes LIST       octets of content                                         default 1024,10240,102400
          --mails LIST       mails of a run, one number for each size                  default 20000,10000,2000
          --sessions N       connections of the source at once                         default 20
          --recipients N     of each mail, all of one domain                           default 1
          --tls WHERE        no, in, out or both; TLS 1.3                              default no
          --reuse yes|no     many mails over each connection of the source             default no
          --pipelining yes|no  MAIL, RCPT and DATA in one write                        default no
          --resume yes|no    each connection after the first of a thread of the source
                             resumes its TLS session, by a ticket                      default no
          --rate N|half      also paced runs: N mails a second for everybody, or half
                             of what the party has just reached                        default none
          --json FILE        every run, with versions, settings and durability
          --base DIR --head DIR  instead of peers: two builds of ClusterMail (see bench/compare)
        Exit code 0; 1 when a party refused or lost mail, or HEAD is slower than BASE; 2 for a wrong option.
        """;

    /// <summary>Peers by name, in the order of the first turn.</summary>
    public required IReadOnlyList<string> Peers { get; init; }

    /// <summary>Runs of each party and size. Default 5.</summary>
    public required int Runs { get; init; }

    /// <summary>Octets of content, and how many mails of it one run sends.</summary>
    public required IReadOnlyList<(int Size, int Mails)> Sizes { get; init; }

    /// <summary>Connections of the source at once. Default 20.</summary>
    public required int Sessions { get; init; }

    /// <summary>Of each mail. Default 1.</summary>
    public required int Recipients { get; init; }

    /// <summary>The source says STARTTLS.</summary>
    public required bool TlsIn { get; init; }

    /// <summary>The sink offers STARTTLS and every party has to use it.</summary>
    public required bool TlsOut { get; init; }

    /// <summary>Many mails over each connection of the source. Default: one connection a mail.</summary>
    public required bool Reuse { get; init; }

    /// <summary>MAIL, RCPT and DATA in one write. Default: one command at a time, as <c>smtp-source</c> does.</summary>
    public required bool Pipelining { get; init; }

    /// <summary>TLS sessions of the source are resumed (RFC 8446 §2.2), as clients do that keep what they were given. Default: a full handshake for each connection.</summary>
    public required bool Resume { get; init; }

    /// <summary>Mails a second of the paced runs; null: none, or half of each party's own rate.</summary>
    public required double? Rate { get; init; }

    /// <summary>The paced runs go at half of what each party reached.</summary>
    public required bool HalfRate { get; init; }

    /// <summary>Where every run is written as JSON; null: nowhere.</summary>
    public required string? Json { get; init; }

    /// <summary>Folders of the programs of two builds to be compared; null: peers are measured.</summary>
    public required (string Base, string Head)? Builds { get; init; }

    /// <returns>Null: the help was asked for and has been printed.</returns>
    /// <exception cref="ArgumentException">An option or a value is not known; the message says which and how it is used.</exception>
    public static Options? Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Contains("--help"))
        {
            Console.WriteLine(Usage);
            return null;
        }

        var given = new Dictionary<string, string>
        {
            ["--peers"] = "postfix",
            ["--runs"] = "5",
            ["--sizes"] = "1024,10240,102400",
            ["--mails"] = "20000,10000,2000",
            ["--sessions"] = "20",
            ["--recipients"] = "1",
            ["--tls"] = "no",
            ["--reuse"] = "no",
            ["--pipelining"] = "no",
            ["--resume"] = "no",
            ["--rate"] = "",
            ["--json"] = "",
            ["--base"] = "",
            ["--head"] = "",
        };
        for (var index = 0; index < arguments.Count; index += 2)
        {
            if (!given.ContainsKey(arguments[index]))
                throw new ArgumentException($"unknown option {arguments[index]}\n{Usage}");
            if (index + 1 == arguments.Count)
                throw new ArgumentException($"{arguments[index]} needs a value\n{Usage}");
            given[arguments[index]] = arguments[index + 1];
        }

        return From(given);
    }

    private static Options From(IReadOnlyDictionary<string, string> given)
    {
        var mails = Numbers(given, "--mails");
        var tls = OneOf(given, "--tls", "no", "in", "out", "both");
        if (given["--base"].Length == 0 != (given["--head"].Length == 0))
            throw new ArgumentException("--base and --head go together");
        var peers = given["--peers"].Split(',', StringSplitOptions.RemoveEmptyEntries);
        if (peers.Except(["postfix", "haraka", "exim", "none"]).FirstOrDefault() is { } unknown)
            throw new ArgumentException($"--peers {unknown}: it is postfix, haraka, exim or none");
        return new Options
        {
            Peers = [.. peers.Where(peer => peer != "none")],
            Runs = Numbers(given, "--runs")[0],
            Sizes = [.. Numbers(given, "--sizes").Select((size, index) => (size, mails[Math.Min(index, mails.Count - 1)]))],
            Sessions = Numbers(given, "--sessions")[0],
            Recipients = Numbers(given, "--recipients")[0],
            TlsIn = tls is "in" or "both",
            TlsOut = tls is "out" or "both",
            Reuse = OneOf(given, "--reuse", "yes", "no") == "yes",
            Pipelining = OneOf(given, "--pipelining", "yes", "no") == "yes",
            Resume = OneOf(given, "--resume", "yes", "no") == "yes",
            Rate = given["--rate"] is "" or "half" ? null : Numbers(given, "--rate")[0],
            HalfRate = given["--rate"] == "half",
            Json = given["--json"].Length == 0 ? null : Path.GetFullPath(given["--json"]),
            Builds = given["--base"].Length == 0 ? null : (Path.GetFullPath(given["--base"]), Path.GetFullPath(given["--head"])),
        };
    }

    private static string OneOf(IReadOnlyDictionary<string, string> given, string name, params IReadOnlyList<string> values) =>
        values.Contains(given[name]) ? given[name] : throw new ArgumentException($"{name} {given[name]}: it is {string.Join(" or ", values)}");

    private static IReadOnlyList<int> Numbers(IReadOnlyDictionary<string, string> given, string name)
    {
        var numbers = given[name].Split(',').Select(text => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0).ToList();
        return numbers.All(number => number > 0) ? numbers : throw new ArgumentException($"{name} {given[name]}: whole numbers above 0 are wanted");
    }
}
