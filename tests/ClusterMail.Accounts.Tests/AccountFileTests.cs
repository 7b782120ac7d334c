using System.Text;

namespace ClusterMail.Accounts.Tests;

public class AccountFileTests
{
    private const string Taro = "taro\tSecret123\tTaro Yamada\texample.jp\tHome\t1\t1\t0";

    [Fact]
    public void IMP_1_a_row_of_8_columns_is_read_and_written_as_the_example_shows()
    {
        var row = AccountFile.Parse(Taro).Row!;
        Assert.Equal(new AccountFileRow("taro", "Secret123", "Taro Yamada", "example.jp", "Home", true, true, 0), row);
        Assert.Equal(Taro + "\n", AccountFile.Write(row));
    }

    [Fact]
    public void IMP_1_CONTRA_15_a_row_of_10_columns_has_the_flags_of_POP3_and_IMAP4()
    {
        var row = AccountFile.Parse(Taro + "\t0\t1").Row!;
        Assert.Equal((false, true), (row.Pop3, row.Imap4));
        Assert.Equal(Taro + "\t0\t1\n", AccountFile.Write(row));
    }

    [Theory]
    [InlineData("taro\tx\tTaro", 0, "IMP-1")]
    [InlineData("taro\tx\tTaro\td\tHome\t1\t1\t0\t1", 0, "IMP-1")]
    [InlineData("太郎\tx\tTaro\td\tHome\t1\t1\t0", 1, "ACCT-1")]
    [InlineData("\tx\tTaro\td\tHome\t1\t1\t0", 1, "ACCT-1")]
    [InlineData("taro\tx\tTaro\u0007\td\tHome\t1\t1\t0", 3, "ACCT-1")]
    [InlineData("taro\tx\tTaro\td\tHome\tyes\t1\t0", 6, "IMP-2")]
    [InlineData("taro\tx\tTaro\td\tHome\t1\t\t0", 7, "IMP-2")]
    [InlineData("taro\tx\tTaro\td\tHome\t1\t1\t-1", 8, "QUOTA-1")]
    [InlineData("taro\tx\tTaro\td\tHome\t1\t1\t0\t1\t2", 10, "IMP-2")]
    public void IMP_2_a_row_with_a_fault_is_refused_by_column_and_rule(string line, int column, string rule)
    {
        var (row, at, broken, complaint) = AccountFile.Parse(line);
        Assert.Null(row);
        Assert.Equal((column, rule), (at, broken));
        Assert.NotNull(complaint);
    }

    [Theory]
    [InlineData("*")]
    [InlineData("")]
    public void IMP_6_a_star_or_nothing_in_the_password_column_is_no_password(string column)
    {
        var row = AccountFile.Parse($"taro\t{column}\tTaro\td\tHome\t1\t1\t0").Row!;
        Assert.Null(row.Password);
        Assert.StartsWith("taro\t*\t", AccountFile.Write(row), StringComparison.Ordinal);
    }

    [Fact]
    public void IMP_7_UTF_8_and_Shift_JIS_are_told_apart_and_may_be_said()
    {
        const string Name = "山田太郎①髙";
        var utf8 = Encoding.UTF8.GetBytes(Name);
        // Code page 932: the signs behind 太郎 are NEC's and IBM's.
        byte[] shiftJis = [0x8E, 0x52, 0x93, 0x63, 0x91, 0xBE, 0x98, 0x59, 0x87, 0x40, 0xFB, 0xFC];
        Assert.Equal(Name, AccountFile.Decode(utf8, AccountFileEncoding.Auto));
        Assert.Equal(Name, AccountFile.Decode(shiftJis, AccountFileEncoding.Auto));
        Assert.Equal(Name, AccountFile.Decode(shiftJis, AccountFileEncoding.ShiftJis));
        Assert.Null(AccountFile.Decode(shiftJis, AccountFileEncoding.Utf8));
        Assert.Null(AccountFile.Decode([0xFF, 0xFF], AccountFileEncoding.Auto));
    }
}
