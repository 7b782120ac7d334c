using System.Net;
using System.Net.Http.Json;
using System.Text;
using ClusterMail.Admin.Access;
using ClusterMail.Admin.Contract;
using OtpNet;

namespace ClusterMail.Admin.Tests;

public sealed class SecondFactorTests
{
    private static readonly AdminJson Json = AdminJson.Default;

    // The last six digits of the values RFC 6238 prints in appendix B for SHA-1.
    [Theory]
    [InlineData(59, "287082", 1)]
    [InlineData(1111111109, "081804", 37037036)]
    [InlineData(1234567890, "005924", 41152263)]
    [InlineData(2000000000, "279037", 66666666)]
    [InlineData(59 + 30, "287082", 1)]
    [InlineData(59 - 30, "287082", 1)]
    [InlineData(59 + 61, "287082", null)]
    [InlineData(59, "287083", null)]
    [InlineData(59, "94287082", null)]
    [InlineData(59, "２８７０８２", null)]
    public void ADMIN_14_a_code_is_good_in_its_half_minute_and_the_one_before_and_after(long seconds, string code, int? step) =>
        Assert.Equal(step, SecondFactor.Step(Encoding.ASCII.GetBytes("12345678901234567890"), code, DateTimeOffset.FromUnixTimeSeconds(seconds)));

    private static string Code(string secret, int steps = 0) => new Totp(Base32Encoding.ToBytes(secret)).ComputeTotp(DateTime.UtcNow.AddSeconds(30 * steps));

    private static async Task<(string Secret, IReadOnlyList<string> Recovery)> EnableAsync(HttpClient person, string name)
    {
        var path = Routes.Fill(Routes.SecondFactor, name);
        using var begun = await person.PostAsync(path, null);
        var secret = (await begun.Content.ReadFromJsonAsync(Json.SecondFactorBegun))!;
        Assert.Contains($"secret={secret.Secret}", secret.Uri, StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.Conflict, await ConsoleScene.SendAsync(person, HttpMethod.Put, path, new SecondFactorCode("000000"), Json.SecondFactorCode));
        using var enabled = await person.PutAsJsonAsync(path, new SecondFactorCode(Code(secret.Secret, -1)), Json.SecondFactorCode);
        Assert.True(enabled.IsSuccessStatusCode, await enabled.Content.ReadAsStringAsync());
        return (secret.Secret, (await enabled.Content.ReadFromJsonAsync(Json.SecondFactorEnabled))!.RecoveryCodes);
    }

    [Fact]
    public async Task ADMIN_14_with_a_second_factor_the_password_alone_opens_nothing_and_no_code_opens_twice()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "operator");
        var (secret, recovery) = await EnableAsync(person, "hanako");
        Assert.Equal(10, recovery.Distinct().Count());
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password, "000000")).Status);
        var code = Code(secret);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", "wrong password", code)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.TryAsync("hanako", ConsoleScene.Password, code)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password, code)).Status);
        Assert.Equal(HttpStatusCode.OK, (await scene.TryAsync("hanako", ConsoleScene.Password, recovery[3].ToLowerInvariant())).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await scene.TryAsync("hanako", ConsoleScene.Password, recovery[3])).Status);
        Assert.True((await host.GetAsync(Routes.Fill(Routes.ConsoleAccount, "hanako"), Json.ConsoleAccount)).SecondFactor);
    }

    [Fact]
    public async Task ADMIN_14_a_second_factor_is_taken_away_with_the_password_or_by_an_administrator_and_is_begun_by_its_owner_alone()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "operator");
        var path = Routes.Fill(Routes.SecondFactor, "hanako");
        Assert.Equal(HttpStatusCode.Forbidden, await ConsoleScene.SendAsync(host.Client, HttpMethod.Post, path));
        await EnableAsync(person, "hanako");
        Assert.Equal(HttpStatusCode.Conflict, await ConsoleScene.SendAsync(person, HttpMethod.Post, path));
        Assert.Equal(HttpStatusCode.Conflict, await ConsoleScene.SendAsync(person, HttpMethod.Delete, path, new SecondFactorOff("wrong password"), Json.SecondFactorOff));
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(person, HttpMethod.Delete, path, new SecondFactorOff(ConsoleScene.Password), Json.SecondFactorOff));
        Assert.Equal(HttpStatusCode.OK, (await scene.TryAsync("hanako", ConsoleScene.Password)).Status);
        await EnableAsync(await scene.LogInAsync("hanako"), "hanako");
        Assert.Equal(HttpStatusCode.OK, await ConsoleScene.SendAsync(host.Client, HttpMethod.Delete, path, new SecondFactorOff(), Json.SecondFactorOff));
        Assert.Equal(HttpStatusCode.OK, (await scene.TryAsync("hanako", ConsoleScene.Password)).Status);
        Assert.Equal(["console.totp-disable", "console.totp-enable", "console.totp-disable", "console.totp-enable"],
            (await scene.AuditAsync("?what=console")).Select(entry => entry.Act).Where(act => act.StartsWith("console.totp", StringComparison.Ordinal) && act != "console.totp-begin"));
    }

    [Fact]
    public async Task ADMIN_14_the_secret_and_the_recovery_codes_are_shown_once()
    {
        await using var host = await AdminHost.StartAsync();
        using var scene = new ConsoleScene(host);
        var person = await scene.PersonAsync("hanako", "cluster-admin");
        var (secret, recovery) = await EnableAsync(person, "hanako");
        foreach (var path in (string[])[Routes.Fill(Routes.ConsoleAccount, "hanako"), Routes.ConsoleAccounts, Routes.Session, Routes.Audit, Routes.Events])
        {
            var body = await person.GetStringAsync(path);
            Assert.DoesNotContain(secret, body, StringComparison.Ordinal);
            Assert.DoesNotContain(recovery[0], body, StringComparison.Ordinal);
        }
        var kept = await host.Database.ScalarAsync<string>("SELECT string_agg(encode(hash, 'escape'), ' ') FROM console_recovery");
        Assert.DoesNotContain(recovery[0].Replace("-", "", StringComparison.Ordinal), kept, StringComparison.Ordinal);
    }
}
