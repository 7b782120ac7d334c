using ClusterMail.Admin.Contract;
using ClusterMail.Ldap;
using ClusterMail.Protocol;
using ClusterMail.Queue.Login;
using ClusterMail.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

/// <summary><c>ldap test</c>: walks the way of a login by directory (STORE-2). Whoever may set the directory up may try it: it tells whether a password is right.</summary>
internal static class LdapEndpoints
{
    public static void MapLdap(this IEndpointRouteBuilder api) =>
        api.MapPost(Routes.LdapTest, TestAsync).Needs(Right.Govern, "ldap.test").WithTags("ldap").WithSummary("Try the directory step by step").Produces<LdapTestResult>();

    private static async Task<IResult> TestAsync(LdapTest wanted, SettingsDesk settings, NodeName node, CancellationToken cancel)
    {
        var mailbox = wanted.Address is { } address ? Mailbox.FromStored(address) : null;
        if (mailbox is { Domain.Length: 0 } or { LocalPart.Length: 0 or > DirectoryLogin.LongestName } or { Domain.Length: > DirectoryLogin.LongestName })
            return Answers.Wrong($"'{Requests.Printable(wanted.Address!, 255)}' is no address with a domain.", "ACCT-1", "Write it like taro@example.jp.");
        // The newest, in force here or not yet: whoever has just saved them tries these.
        var newest = (await settings.LoadAsync(null, cancel))!;
        if (await DirectoryLogin.TryAsync(new SettingSet(newest.Version, newest.Values), mailbox, wanted.Password, cancel) is not { } steps)
            return Results.Ok(new LdapTestResult(node.Name, Configured: false, Works: false, []));
        var works = steps.Any(step => step is { Stage: LdapStage.Bind, IsGood: true }) && steps.All(step => step.IsGood || step.Stage < LdapStage.Search);
        return Results.Ok(new LdapTestResult(node.Name, Configured: true, works, [.. steps.Select(step => new LdapTestStep(Name(step.Stage), step.IsGood, step.Detail, step.IsGood ? null : Hint(step.Stage)))]));
    }

    private static string Name(LdapStage stage) => stage.ToString().ToLowerInvariant();

    private static string Hint(LdapStage stage) => stage switch
    {
        LdapStage.Connect => "Look at name and port in ldap.servers, and whether a firewall lets this node through.",
        LdapStage.Tls => "ldap.ca_file must hold the authority of the server's certificate, and the certificate the name in ldap.servers.",
        LdapStage.Bind => "Look at ldap.bind_dn and ldap.bind_password.",
        LdapStage.Search => "Look at ldap.base, ldap.filter and ldap.address_attribute, and whether ldap.bind_dn may read the entry.",
        LdapStage.Group => "Put the account into the group, or look at ldap.group: empty lets nobody in, * everybody.",
        _ => "The directory says no: a wrong password, or an account that is locked or has expired there.",
    };
}
