using ClusterMail.Accounts;
using ClusterMail.Protocol;
using ClusterMail.Settings;

namespace ClusterMail.Policy.Tests;

public sealed class PostmasterTests
{
    [Theory]
    [InlineData("safe", AddressClass.LocalExisting)]
    [InlineData("original", AddressClass.LocalMissing)]
    public void ACCT_6_postmaster_of_an_operated_domain_is_a_recipient_by_default_and_only_a_real_one_in_the_original(string profile, AddressClass recipient)
    {
        var values = new Dictionary<string, string>(Catalogue.Profile(profile)!) { ["domain.table"] = "example.jp local", ["admin.address"] = "taro@example.jp" };
        var accounts = new AccountIndex();
        accounts.Put(new Account { Id = 1, Address = new Mailbox("taro", "example.jp") });
        var directory = PolicySnapshot.Create(new SettingSet(1, values), accounts).Directory;
        Assert.Equal(recipient, directory.ResolveRecipient(new Mailbox("postmaster", "example.jp")).Class);
        Assert.Equal(AddressClass.LocalMissing, directory.Classify(new Mailbox("postmaster", "example.jp")));
    }
}
