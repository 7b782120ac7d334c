using ClusterMail.Ldap;
using ClusterMail.Protocol;
using ClusterMail.Store.Approval;
using LdapServer = ClusterMail.Testing.LdapServer;

namespace ClusterMail.Queue.Tests;

/// <summary>Mail for whose approval <c>@manager</c> is asked, from the account's own register or from a directory outside.</summary>
public sealed class SuperiorTests
{
    private const string Policy = "*@partner.example:0\n*:1::@manager";

    private static string Waits(HoldRow hold) => string.Join(',', hold.Approvers.Select(approver => approver.Address));

    [Fact]
    public async Task APPROVE_20_mail_waits_for_the_superior_of_its_sender_as_he_is_when_it_is_held()
    {
        await using var scene = await ApprovalScene.StartAsync(Policy, ("approval.admins", "kanri@corp.example"));
        // Nobody is named yet: it must not leave (APPROVE-13, APPROVE-51).
        Assert.Equal("kanri@corp.example", Waits(await scene.HoldAsync()));
        await scene.SetSuperiorAsync("user2", "bucho@corp.example");
        var first = await scene.HoldAsync();
        await scene.SetSuperiorAsync("user2", "jomu@corp.example");
        Assert.Equal("jomu@corp.example", Waits(await scene.HoldAsync()));
        Assert.Equal("bucho@corp.example", Waits(await scene.AgainAsync(first)));
    }

    [Fact]
    public async Task APPROVE_13_a_superior_whom_the_directory_outside_cannot_name_now_puts_the_mail_off_and_lets_nothing_out()
    {
        await using var scene = await ApprovalScene.StartAsync(Policy, ("domain.table", "corp.example local login=ldap"), ("approval.admins", "kanri@corp.example"));
        var asked = new List<Mailbox>();
        scene.Superiors = (requester, _) =>
        {
            asked.Add(requester);
            return Task.FromResult<Mailbox?>(Mailbox.FromStored("bucho@corp.example"));
        };
        Assert.Equal("bucho@corp.example", Waits(await scene.HoldAsync()));
        Assert.Equal("user2@corp.example", Assert.Single(asked).ToString());
        scene.Superiors = (_, _) => Task.FromResult<Mailbox?>(null);
        Assert.Equal("kanri@corp.example", Waits(await scene.HoldAsync()));
        scene.Superiors = (_, _) => throw new DirectoryUnavailableException("no answer");
        var reply = await scene.SendAsync("user2@corp.example", "okyaku@client.example");
        Assert.Equal((451, new EnhancedStatus(4, 3, 0)), (reply.Code, reply.Status));
        Assert.Equal(2, await scene.Queue.CountAsync("hold"));
        Assert.Equal(0, await scene.Queue.CountAsync("recipient WHERE forward_path = 'okyaku@client.example'"));
        // What the account itself says goes first, and mail that @manager does not catch asks nobody.
        await scene.SetSuperiorAsync("user2", "jomu@corp.example");
        Assert.Equal("jomu@corp.example", Waits(await scene.HoldAsync()));
        await scene.SetSuperiorAsync("user2", "");
        Assert.Equal(250, (await scene.SendAsync("user2@corp.example", "tanto@partner.example")).Code);
    }

    [Fact]
    public async Task APPROVE_20_the_directory_names_a_superior_by_his_entry_or_by_his_address()
    {
        await using var server = await LdapServer.StartAsync();
        await server.StopAsync();
        await server.AddAsync(LdapServer.Person("gone", "Secret123", "gone@example.jp", "uid=nobody,ou=people," + LdapServer.Suffix) + LdapServer.Person("below", "Secret123", "below@example.jp", "uid=twin1,ou=people," + LdapServer.Suffix));
        await server.StartAgainAsync();
        var options = new LdapOptions
        {
            Servers = [ClusterMail.Ldap.LdapServer.Parse(server.Url)!],
            CaFile = server.CaFile,
            BindDn = LdapServer.ReaderDn,
            BindPassword = LdapServer.ReaderPassword,
            Base = "ou=people," + LdapServer.Suffix,
            Filter = LdapFilter.Parse("(mail={address})").Filter!,
        };
        using var directory = new LdapDirectory(() => options, TimeProvider.System);
        Task<string?> Of(string name) => directory.SuperiorAsync(name, $"{name}@example.jp", TestContext.Current.CancellationToken);
        Assert.Equal("hanako@example.jp", await Of("taro"));
        Assert.Equal("twin@example.jp", await Of("below"));
        Assert.Null(await Of("hanako"));
        Assert.Null(await Of("gone"));
        Assert.Null(await Of("nobody"));
        // Which of the two is meant cannot be told.
        Assert.Null(await Of("twin"));
        // Another attribute, which has the address itself.
        options = options with { SuperiorAttribute = "mail" };
        Assert.Equal("taro@example.jp", await Of("taro"));
        options = options with { SuperiorAttribute = "" };
        Assert.Null(await Of("taro"));
        options = options with { SuperiorAttribute = "manager" };
        await server.StopAsync();
        await Assert.ThrowsAsync<DirectoryUnavailableException>(() => Of("taro"));
    }
}
