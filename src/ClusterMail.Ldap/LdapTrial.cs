namespace ClusterMail.Ldap;

/// <summary>Walks the way of a login step by step on a connection of its own and tells how far it came: for the administrator who sets a directory up.</summary>
public static class LdapTrial
{
    /// <summary>Each server, then, on the first that works, search, group and bind as the account.</summary>
    /// <param name="user">Local part; null: only what needs no account.</param>
    /// <param name="password">Null: the last step is left out.</param>
    public static async Task<IReadOnlyList<LdapStep>> RunAsync(LdapOptions options, string? user, string? address, string? password, CancellationToken cancel)
    {
        var steps = new List<LdapStep>();
        var done = false;
        foreach (var server in options.Servers)
            try
            {
                using var connection = await OpenAsync(options, server, steps, cancel).ConfigureAwait(false);
                if (done)
                    continue;
                done = true;
                if (user is not null && address is not null)
                    await WalkAsync(connection, options, new LdapSubject(user, address), password, steps, cancel).ConfigureAwait(false);
            }
            catch (DirectoryUnavailableException trouble)
            {
                steps.Add(new LdapStep(Failing(steps, server), trouble.Message, IsGood: false));
            }
        return steps;
    }

    private static LdapStage Failing(List<LdapStep> steps, LdapServer server) =>
        steps.FindLast(step => step.Detail.StartsWith(server.ToString(), StringComparison.Ordinal))?.Stage switch
        {
            null => LdapStage.Connect,
            LdapStage.Connect => LdapStage.Tls,
            LdapStage.Tls => LdapStage.Bind,
            LdapStage.Bind => LdapStage.Search,
            LdapStage.Search => LdapStage.Group,
            _ => LdapStage.Login,
        };

    private static async Task<LdapConnection> OpenAsync(LdapOptions options, LdapServer server, List<LdapStep> steps, CancellationToken cancel)
    {
        var connection = await LdapConnection.ConnectAsync(server, options.Timeout, cancel).ConfigureAwait(false);
        try
        {
            steps.Add(new LdapStep(LdapStage.Connect, $"{server}: connected"));
            if (server.ImplicitTls || options.StartTls)
                await connection.SecureAsync(options, cancel).ConfigureAwait(false);
            steps.Add(new LdapStep(LdapStage.Tls, connection.IsTls ? $"{server}: TLS, certificate verified" : $"{server}: no TLS: passwords cross the network in clear text", IsGood: connection.IsTls));
            await LdapDirectory.BindForSearchAsync(connection, options, cancel).ConfigureAwait(false);
            steps.Add(new LdapStep(LdapStage.Bind, options.BindDn.Length > 0 ? $"{server}: bound as {options.BindDn}" : $"{server}: bound as nobody (ldap.bind_dn is empty)"));
            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    private static async Task WalkAsync(LdapConnection connection, LdapOptions options, LdapSubject subject, string? password, List<LdapStep> steps, CancellationToken cancel)
    {
        var entries = await LdapDirectory.SearchAsync(connection, options, subject, cancel).ConfigureAwait(false);
        if (entries is not [var entry])
        {
            steps.Add(new LdapStep(LdapStage.Search, $"{connection.Server}: {(entries.Count == 0 ? "nothing" : "more than one entry")} below {options.Base} fits {options.Filter.Text}", IsGood: false));
            return;
        }
        if (!LdapDirectory.HoldsAddress(options, entry, subject))
        {
            steps.Add(new LdapStep(LdapStage.Search, $"{connection.Server}: {entry.Dn} has no {options.AddressAttribute} of {subject.Address}", IsGood: false));
            return;
        }
        steps.Add(new LdapStep(LdapStage.Search, $"{connection.Server}: found {entry.Dn}"));
        var member = await LdapDirectory.IsMemberAsync(connection, options, subject with { Dn = entry.Dn }, cancel).ConfigureAwait(false);
        steps.Add(new LdapStep(LdapStage.Group, options.Group switch
        {
            "" => $"{connection.Server}: ldap.group is empty: nobody receives or logs in",
            LdapOptions.Everybody => $"{connection.Server}: ldap.group is *: everybody found is a member",
            _ => $"{connection.Server}: {entry.Dn} is {(member ? "a" : "no")} member of {options.Group}",
        }, member));
        if (password is not { Length: > 0 })
            return;
        var bound = await connection.BindAsync(entry.Dn, password, cancel).ConfigureAwait(false);
        steps.Add(new LdapStep(LdapStage.Login, bound.Code == LdapResult.Success ? $"{connection.Server}: the password is right" : $"{connection.Server}: bind as {entry.Dn}: {bound}", bound.Code == LdapResult.Success));
    }
}

/// <summary>The steps of a login, in their order.</summary>
public enum LdapStage : byte
{
    Connect,
    Tls,
    Bind,
    Search,
    Group,
    Login,
}

/// <param name="Detail">Begins with the server.</param>
public sealed record LdapStep(LdapStage Stage, string Detail, bool IsGood = true);
