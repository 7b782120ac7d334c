using System.Net;
using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin.Tests;

/// <summary>What senders are not told of is set by auditors (APPROVE-514).</summary>
public sealed class SilentCopyTests
{
    private const string Silent = "*:1::bucho@corp.example;bcc=kacho@corp.example;bcc-silent";
    private const string Told = "*:1::bucho@corp.example;bcc=kacho@corp.example";

    private static readonly AdminJson Json = AdminJson.Default;

    [Fact]
    public async Task APPROVE_514_a_silent_copy_is_set_by_an_auditor_only_in_whatever_table_and_anybody_takes_it_away()
    {
        await using var host = await AdminHost.StartAsync();
        using var people = new ConsoleScene(host);
        await people.DomainAsync("corp.example");
        foreach (var person in (string[])["bucho", "kacho", "user2"])
            await people.AccountAsync($"{person}@corp.example");
        var admin = await people.PersonAsync("hanako", RoleNames.ClusterAdministrator);
        await host.SendAsync(HttpMethod.Post, Routes.ConsoleAccounts, new ConsoleAdd("jiro", [RoleNames.ClusterAdministrator, RoleNames.Auditor], null, ConsoleScene.Password), Json.ConsoleAdd, Json.ConsoleDone);
        var auditor = await people.LogInAsync("jiro");

        Func<HttpClient, string, Task<HttpStatusCode>>[] ways =
        [
            (client, text) => ConsoleScene.SendAsync(client, HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "corp.example"), new PolicySave(text), Json.PolicySave),
            (client, text) => ConsoleScene.SendAsync(client, HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "user2@corp.example"), new PolicySave(text), Json.PolicySave),
            (client, text) => ConsoleScene.SendAsync(client, HttpMethod.Put, Routes.Fill(Routes.AccountTable, "bucho@corp.example", AccountTableNames.Destination), new AccountTableChange(text), Json.AccountTableChange),
            (client, text) => ConsoleScene.SendAsync(client, HttpMethod.Put, Routes.Fill(Routes.Table, TableNames.Destination), new TableChange(text), Json.TableChange),
            (client, text) => ConsoleScene.SendAsync(client, HttpMethod.Post, Routes.Settings, new SettingsChange([new SettingChange("destination.rules", text)]), Json.SettingsChange),
        ];
        foreach (var save in ways)
        {
            Assert.Equal(HttpStatusCode.Forbidden, await save(admin, Silent));
            Assert.Equal(HttpStatusCode.OK, await save(admin, Told));
            Assert.Equal(HttpStatusCode.Forbidden, await save(admin, $"{Told}\n{Silent}"));
            Assert.Equal(HttpStatusCode.OK, await save(auditor, Silent));
            // It is there: whoever may save the table may leave it, and take it away; another one he may not put there.
            Assert.Equal(HttpStatusCode.OK, await save(admin, $"*@corp.example:0\n{Silent}"));
            Assert.Equal(HttpStatusCode.Forbidden, await save(admin, Silent.Replace("kacho", "user2", StringComparison.Ordinal)));
            Assert.Equal(HttpStatusCode.OK, await save(admin, Told));
        }
        var refused = await host.RefusedAsync(HttpMethod.Put, Routes.Fill(Routes.ApprovalPolicy, "corp.example"), new PolicySave(Silent), Json.PolicySave);
        Assert.Equal((403, "APPROVE-514"), (refused.Status, refused.Rule));
    }
}
