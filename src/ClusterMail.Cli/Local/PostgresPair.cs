namespace ClusterMail.Cli.Local;

/// <summary>
/// The primary of a local cluster and, where asked for, its synchronous standby. Each step is safe to break off and to repeat: first the decision is written down, then the
/// server that is not to be written to any more is marked on its disk, and only then the other one is promoted (decision 0026).
/// </summary>
internal sealed class PostgresPair(LocalState state, Action<LocalState> keep, Action<string> say)
{
    /// <summary>A standby that has what it needs connects at once; one that has not never does.</summary>
    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(15);

    /// <summary>It may have to catch up with hours of work.</summary>
    private static readonly TimeSpan SynchronousLimit = TimeSpan.FromMinutes(5);

    private LocalState _state = state;

    /// <summary>The state with what was found and decided.</summary>
    public LocalState State => _state;

    private PrivatePostgres Primary => new(_state, _state.Primary);
    private PrivatePostgres Standby => new(_state, 1 - _state.Primary);
    private IReadOnlyList<PrivatePostgres> Servers => _state.Standby ? [Primary, Standby] : [Primary];

    /// <summary>Starts both, whichever is the primary now, and returns when the standby is synchronous.</summary>
    /// <exception cref="CommandFailure">A port is taken, or a server does not do what it should.</exception>
    public async Task StartAsync(Action<IReadOnlyList<int>> refuseTaken, CancellationToken cancel)
    {
        FindPrimary();
        foreach (var server in Servers)
            if (!await server.IsRunningAsync(cancel))
                refuseTaken([server.Port]);
        keep(_state);
        await Primary.StartAsync(cancel);
        if (_state.Standby && await Primary.IsInRecoveryAsync(cancel))
            await Primary.PromoteAsync(cancel);      // a switchover was broken off between decision and promotion
        say($"PostgreSQL on 127.0.0.1:{Primary.Port}, files in {_state.PostgresFolder}");
        if (_state.Standby)
            await AttachAsync(diverged: false, cancel);
    }

    /// <summary>The primary first: it ends only when the standby has everything.</summary>
    public async Task StopAsync(CancellationToken cancel)
    {
        FindPrimary();
        foreach (var server in Servers)
            if (await server.StopAsync(cancel))
                say(_state.Standby ? $"PostgreSQL {server.Name} stopped" : "PostgreSQL stopped");
    }

    /// <summary>Ends the primary and promotes the standby. The old one is left marked as a standby; <see cref="StartAsync"/> brings it back as one.</summary>
    /// <param name="crash">By SIGKILL, as a crash would.</param>
    /// <exception cref="CommandFailure">There is no standby, or it may not have all that was acknowledged: nothing was done.</exception>
    /// <returns>True: the old primary did not end in order, and may hold what the new one never got.</returns>
    public async Task<bool> FailOverAsync(bool crash, CancellationToken cancel)
    {
        if (!_state.Standby)
            throw new CommandFailure($"this cluster has no standby: run 'clustermail up --standby' first");
        FindPrimary();
        var (old, next) = (Primary, Standby);
        var running = await old.IsRunningAsync(cancel);
        await RefuseLossAsync(old, next, running, cancel);
        _state = _state with { Primary = 1 - _state.Primary, Synchronous = false };
        keep(_state);
        var inOrder = running && !crash;
        if (inOrder)
            await old.StopAsync(cancel);
        else if (running)
            await old.KillAsync(cancel);
        say($"PostgreSQL {old.Name} {(inOrder ? "stopped" : running ? "killed" : "is down")}");
        await old.MarkStandbyAsync(cancel);
        await next.PromoteAsync(cancel);
        say($"PostgreSQL {next.Name} on 127.0.0.1:{next.Port} is the primary");
        return !inOrder;
    }

    /// <summary>Makes the server that is not the primary a synchronous standby of it, by the cheapest of three ways: start it, rewind it, copy it anew.</summary>
    /// <param name="diverged">It is known to need more than a start.</param>
    public async Task AttachAsync(bool diverged, CancellationToken cancel)
    {
        var (primary, standby) = (Primary, Standby);
        await primary.KeepLogForOtherAsync(cancel);
        if (standby.HasData && !standby.IsMarkedStandby)
        {
            await standby.StopAsync(cancel);      // promoted past us, or the old primary of such a promotion
            await standby.MarkStandbyAsync(cancel);
            diverged = true;
        }
        if (!await StreamsAsync(primary, standby, diverged, cancel))
        {
            await standby.StopAsync(cancel);
            say($"copying {primary.Name} to {standby.Name}");
            await standby.CopyFromOtherAsync(cancel);
            await standby.StartAsync(cancel);
        }
        await standby.DropSlotsAsync(cancel);
        await primary.WaitForOtherAsync(cancel);
        if (!await primary.OtherReachesAsync(now => now == "streaming sync", SynchronousLimit, cancel))
            throw new CommandFailure($"PostgreSQL {standby.Name} is not synchronous after {SynchronousLimit.TotalSeconds:0} s: see its log in {_state.PostgresFolder}");
        _state = _state with { Synchronous = true };
        keep(_state);
        say($"PostgreSQL {standby.Name} on 127.0.0.1:{standby.Port} is the synchronous standby of {primary.Name}");
    }

    private static async Task<bool> StreamsAsync(PrivatePostgres primary, PrivatePostgres standby, bool diverged, CancellationToken cancel)
    {
        if (!standby.HasData || (diverged && !await standby.RewindToOtherAsync(cancel)))
            return false;
        try
        {
            await standby.StartAsync(cancel);
        }
        catch (CommandFailure)
        {
            return false;      // its log does not lead to where the primary is: it is copied anew
        }
        return await primary.OtherReachesAsync(now => now.StartsWith("streaming", StringComparison.Ordinal) || now.StartsWith("catchup", StringComparison.Ordinal), ConnectLimit, cancel);
    }

    private async Task RefuseLossAsync(PrivatePostgres old, PrivatePostgres next, bool running, CancellationToken cancel)
    {
        if (!await next.IsRunningAsync(cancel))
            throw new CommandFailure($"the standby {next.Name} does not run, and without it a switchover would lose mail: start it with 'clustermail up'");
        var now = running ? await old.OtherStateAsync(cancel) ?? "not connected" : _state.Synchronous ? "streaming sync" : "not known to have been synchronous";
        if (now != "streaming sync")
            throw new CommandFailure($"the standby {next.Name} is {now}, and a switchover would lose mail: run 'clustermail up', which makes it synchronous");
    }

    private void FindPrimary()
    {
        if (!_state.Standby)
            return;
        var servers = new[] { new PrivatePostgres(_state, 0), new PrivatePostgres(_state, 1) };
        var found = Choose(_state.Primary, OnDisk.Of(servers[0]), OnDisk.Of(servers[1]));
        if (found != _state.Primary)
            _state = _state with { Primary = found, Synchronous = false };
    }

    /// <summary>What a data folder says of its server.</summary>
    /// <param name="Timeline">See <see cref="PrivatePostgres.Timeline"/>.</param>
    internal sealed record OnDisk(bool HasData, bool IsStandby, int Timeline)
    {
        public static OnDisk Of(PrivatePostgres server) => new(server.HasData, server.IsMarkedStandby, server.Timeline);
    }

    /// <summary>
    /// Which of both is the primary: the one that would take writes. Where both would, one was promoted past us, and it is the one with the newer timeline; where
    /// none would, a switchover was broken off, and what was decided holds.
    /// </summary>
    /// <returns>0 or 1.</returns>
    /// <exception cref="CommandFailure">Two primaries on one timeline: only a person can say whose mail is the right one.</exception>
    internal static int Choose(int decided, OnDisk first, OnDisk second) => (first, second) switch
    {
        ({ HasData: false }, { HasData: false }) => decided,
        ({ HasData: false }, _) => 1,
        (_, { HasData: false }) => 0,
        ({ IsStandby: true }, { IsStandby: true }) => decided,
        ({ IsStandby: true }, _) => 1,
        (_, { IsStandby: true }) => 0,
        _ when first.Timeline > second.Timeline => 0,
        _ when second.Timeline > first.Timeline => 1,
        _ => throw new CommandFailure($"both PostgreSQL servers would take writes, and neither was promoted after the other: put an empty file standby.signal into the data folder of the one that is to follow"),
    };
}
