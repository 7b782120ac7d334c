using static ClusterMail.Policy.Tests.Setup;

namespace ClusterMail.Policy.Tests;

/// <summary>RELAY-64: every cell of Tables I to V, once with the switches of the original and once with the defaults.</summary>
public sealed class RelayTableTests
{
    private static readonly string[] Senders = ["taro@example.jp", "nobody@example.jp", "x@example.net"];
    private static readonly string[] Recipients = ["hanako@example.jp", "none@example.jp", "y@example.org"];

    // Rows: from local+, local-, outside. Columns: to local+, local-, outside. y = accepted.
    private const string TableI = "y.y ... y..";
    private const string TableISafeStranger = "y.. ... y..";
    private const string TableIIListed = "y.y y.y y.y";
    private const string Nothing = "... ... ...";
    private const string NoRelayTable = "y.. ... y..";
    private const string OnlyOthers = "... ... y..";

    [Theory]
    [InlineData("", ClientA, TableI, TableISafeStranger)]
    [InlineData("", ClientB, TableI, TableISafeStranger)]
    [InlineData("192.168.0.* default", ClientA, TableI, TableI)]
    [InlineData("192.168.0.* default", ClientB, TableI, TableISafeStranger)]
    public void RELAY_31_table_I(string list, string client, string original, string safe) => CheckBoth(list, client, original, safe);

    [Theory]
    [InlineData("192.168.0.*", ClientA, TableIIListed, TableIIListed)]
    [InlineData("192.168.0.* true", ClientA, TableIIListed, TableIIListed)]
    [InlineData("192.168.0.* true", ClientB, TableI, TableISafeStranger)]
    public void RELAY_32_table_II(string list, string client, string original, string safe) => CheckBoth(list, client, original, safe);

    [Theory]
    [InlineData("192.168.0.* false", ClientA, Nothing, Nothing)]
    [InlineData("192.168.0.* false", ClientB, TableI, TableISafeStranger)]
    public void RELAY_33_table_III(string list, string client, string original, string safe) => CheckBoth(list, client, original, safe);

    [Theory]
    [InlineData("192.168.0.* norelay", ClientA, NoRelayTable, NoRelayTable)]
    [InlineData("192.168.0.* norelay,0", ClientA, NoRelayTable, NoRelayTable)]
    [InlineData("192.168.0.* norelay,1", ClientA, NoRelayTable, NoRelayTable)]
    [InlineData("192.168.0.* norelay,2", ClientA, NoRelayTable, NoRelayTable)]
    [InlineData("192.168.0.* norelay", ClientB, TableI, TableISafeStranger)]
    public void RELAY_34_table_IV(string list, string client, string original, string safe) => CheckBoth(list, client, original, safe);

    [Theory]
    [InlineData("192.168.0.* only", ClientA, TableI, TableI)]
    [InlineData("192.168.0.* only", ClientB, OnlyOthers, OnlyOthers)]
    [InlineData("0.0.0.0 only", ClientB, OnlyOthers, OnlyOthers)]
    public void RELAY_35_table_V(string list, string client, string original, string safe) => CheckBoth(list, client, original, safe);

    // RELAY-38: an authenticated session is a local+ sender whatever MAIL FROM says, so all three rows are the first one.
    [Theory]
    [InlineData("", "y.y y.y y.y")]
    [InlineData("203.0.113.* default", "y.y y.y y.y")]
    [InlineData("203.0.113.* true", "y.y y.y y.y")]
    [InlineData("203.0.113.* norelay", "y.y y.y y.y")]
    [InlineData("203.0.113.* norelay,2", "y.y y.y y.y")]
    [InlineData("203.0.113.* only", "y.y y.y y.y")]
    [InlineData("203.0.113.* norelay,0", "y.. y.. y..")]
    [InlineData("203.0.113.* false", Nothing)]
    [InlineData("192.168.0.* only", Nothing)]
    public void RELAY_39_GAP_12_AUTH_overrides_no_false_no_lower_half_and_no_norelay_0(string list, string expected)
    {
        Assert.Equal(expected, Matrix(list, ClientB, original: true, authenticated: true));
        Assert.Equal(expected, Matrix(list, ClientB, original: false, authenticated: true));
    }

    // RELAY-36: the same tables with "sessions with that sender" for "clients in 192.168.0.*".
    [Theory]
    [InlineData("taro@example.jp default", "y.y ... y..", "y.. ... y..")]
    [InlineData("taro@example.jp true", "y.y ... y..", "y.. ... y..")]
    [InlineData("nobody@example.jp true", "y.y y.y y..", "y.. ... y..")]
    [InlineData("example.net true", "y.y ... y.y", "y.. ... y..")]
    [InlineData("taro@example.jp false", "... ... y..", "... ... y..")]
    [InlineData("example.jp norelay", "y.. ... y..", "y.. ... y..")]
    [InlineData("taro@example.jp only", "y.y ... y..", "y.. ... y..")]
    [InlineData("hanako@example.jp only", "... ... y..", "... ... y..")]
    public void RELAY_36_the_tables_hold_for_sender_lines_too(string list, string original, string safe) => CheckBoth(list, ClientB, original, safe);

    private static void CheckBoth(string list, string client, string original, string safe)
    {
        Assert.Equal(original, Matrix(list, client, original: true));
        Assert.Equal(safe, Matrix(list, client, original: false));
    }

    private static string Matrix(string list, string client, bool original, bool authenticated = false)
    {
        // RELAY-38: at trust level 1; the others restrict MAIL FROM first (TRUST-2).
        var snapshot = Snapshot(list, original, ("auth.sender_trust", "1"));
        return string.Join(' ', Senders.Select(sender => string.Concat(Recipients.Select(recipient =>
        {
            var transaction = snapshot.Begin(Client(client, authenticated));
            return transaction.Mail(From(sender), blank: false).Accepted && transaction.Recipient(To(recipient)).Accepted ? 'y' : '.';
        }))));
    }
}
