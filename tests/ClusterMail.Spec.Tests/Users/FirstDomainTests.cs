namespace ClusterMail.Spec.Tests.Users;

/// <summary>What <c>docs/first-domain.md</c> promises.</summary>
[Collection(nameof(UserCollection))]
public sealed class FirstDomainTests(UserFarm users)
{
    [Fact]
    public async Task DOM_1_ACCT_3_six_commands_make_a_domain_whose_users_send_and_receive()
    {
        Assert.InRange(users.Commands.Count, 1, 6);
        Assert.Contains("mailbox of taro@example.jp", users.Explained, StringComparison.Ordinal);

        using (var taro = await users.LoginAsync("taro@example.jp", UserFarm.TaroPassword))
            await taro.SendAsync(UserFarm.Mail("taro@example.jp", "hanako@example.jp", "first"));
        var first = await users.ArrivedAsync("hanako@example.jp", "first");
        Assert.Equal("本文", first.TextBody?.TrimEnd());
        Assert.Contains("by mail.example.jp", first.Headers["Received"], StringComparison.Ordinal);

        // And back, over the other node, to the alias.
        using (var hanako = await users.LoginAsync("hanako@example.jp", UserFarm.HanakoPassword, node: 1))
            await hanako.SendAsync(UserFarm.Mail("hanako@example.jp", "info@example.jp", "answer"));
        Assert.Equal("<hanako@example.jp>", (await users.ArrivedAsync("taro@example.jp", "answer")).Headers["Return-Path"]);
    }

    [Fact]
    public async Task ACCT_6_mail_for_postmaster_of_the_new_domain_is_read_by_the_administrator()
    {
        using (var hanako = await users.LoginAsync("hanako@example.jp", UserFarm.HanakoPassword))
            await hanako.SendAsync(UserFarm.Mail("hanako@example.jp", "postmaster@example.jp", "to the postmaster"));
        await users.ArrivedAsync("taro@example.jp", "to the postmaster");
    }
}
