using System.Diagnostics;
using System.Runtime.CompilerServices;
using ClusterMail.Protocol;
using ClusterMail.Protocol.Grammar;

namespace ClusterMail.Smtp.Server;

/// <summary>DATA and BDAT: takes the content off the wire, has it judged, hands it over, and answers when it is safe.</summary>
internal sealed class ContentIntake(SessionWire wire, SessionState state, SessionAnswers answers, SessionRecord record, SessionServices services, CancellationToken stopping)
{
    /// <summary>PIPE-15, then the content.</summary>
    public async Task OnDataAsync(SmtpCommand.Data data)
    {
        var (_, refusal) = state.Transaction.On(data, state.Options);
        await state.LearnNameAsync();
        if (refusal is null && answers.Refused(data, state.Policy!.Data(state.Client, state.Transaction.Begun!)))
            return;
        refusal ??= state.BeginArrival(dotStuffed: true);
        if (refusal is not null)
        {
            answers.Refuse(data, refusal, SessionAnswers.RuleOf(refusal));
            return;
        }
        var arrival = state.Arrival!;
        wire.Write(ServerReplies.StartMail(arrival.Id));
        wire.BeginContent(state.Options.MinBytesPerSecond);
        while (true)
        {
            if (!await wire.ReadAsync(state.Options.IdleTimeout, interruptible: false))
            {
                answers.SayCut();
                return;
            }
            var buffer = wire.Buffer;
            var before = buffer.Length;
            var ended = arrival.Reader.Feed(ref buffer);
            wire.CountContent(before - buffer.Length);
            wire.AdvanceTo(buffer.Start);
            await arrival.Content.SettleAsync(stopping);
            if (ended)
                break;
            if (arrival.Content.IsTooBig && answers.EndWhenOverdue())
                return;
        }
        wire.EndContent();
        await FinishAsync(data, arrival);
    }

    /// <summary>RFC 3030 §2. The chunk is taken off the wire whatever the answer, or its octets would be read as commands.</summary>
    public async Task OnChunkAsync(SmtpCommand.Bdat chunk)
    {
        var (next, refusal) = state.Transaction.On(chunk, state.Options);
        await state.LearnNameAsync();
        if (refusal is null && state.Arrival is null)
            refusal = state.Policy!.Data(state.Client, state.Transaction.Begun!).Refusal ?? state.BeginArrival(dotStuffed: false);
        if (!await TakeChunkAsync(chunk.Size, refusal is null ? state.Arrival : null))
        {
            answers.SayCut();
            return;
        }
        refusal ??= state.Arrival!.Trouble();
        if (refusal is not null)
        {
            var wasOurs = state.Transaction is Transaction.Open { Envelope.ForwardPaths.IsEmpty: false } or Transaction.Chunking;
            answers.Refuse(chunk, refusal, SessionAnswers.RuleOf(refusal));
            if (wasOurs)
                state.Forget(chunk.Last ? Transaction.None : Transaction.Lost);
            return;
        }
        state.Transaction = next;
        if (!chunk.Last)
        {
            wire.Write(ServerReplies.ChunkReceived(chunk.Size));
            return;
        }
        state.Arrival!.Reader.EndChunks();
        await FinishAsync(chunk, state.Arrival);
    }

    private async Task<bool> TakeChunkAsync(long left, ContentArrival? arrival)
    {
        wire.BeginContent(state.Options.MinBytesPerSecond);
        while (left > 0)
        {
            if (!await wire.ReadAsync(state.Options.IdleTimeout, interruptible: false))
                return false;
            var here = wire.Buffer.Slice(0, Math.Min(left, wire.Buffer.Length));
            var end = here.End;
            left -= here.Length;
            wire.CountContent(here.Length);
            arrival?.Reader.Feed(ref here);
            wire.AdvanceTo(end);
            if (arrival is not null)
                await arrival.Content.SettleAsync(stopping);
            if (arrival is not { Content.IsTooBig: false } && answers.EndWhenOverdue())
                return false;
        }
        wire.EndContent();
        return true;
    }

    /// <summary>PIPE-16 to PIPE-19.</summary>
    private async Task FinishAsync(SmtpCommand command, ContentArrival arrival)
    {
        var ended = Stopwatch.GetTimestamp();
        var envelope = state.Transaction.Begun!;
        var policy = state.Policy!;
        var facts = arrival.Content.Facts;
        ServerMetrics.BytesReceived.Add(arrival.Content.Length);
        var verdict = arrival.Trouble() is { } trouble ? Verdict.Refuse(trouble, SessionAnswers.RuleOf(trouble))
            : facts.ReceivedCount > state.Options.MaxReceived ? Verdict.Refuse(ServerReplies.TooManyHops, "LIMIT-5")
            : await policy.ContentAsync(state.Client, envelope, facts, stopping);
        record.Checked("DATA", verdict);
        if (verdict.Accepted && await arrival.Content.CompleteAsync(stopping) is { } content)
        {
            await HandOverAsync(command, new ArrivedContent(arrival.Id, state.Client, envelope, facts, content), policy, ended);
        }
        else
        {
            // Whoever sends such lines may mean something else by them than we do: what follows is not to be read as commands (smuggling).
            if (command is SmtpCommand.Data && arrival.Trouble() == ServerReplies.BadContentLines)
                answers.EndQuietly();
            answers.Refused(command, verdict.Accepted ? Verdict.Refuse(ServerReplies.SpoolFull, "P6") : verdict);
        }
        state.Forget(Transaction.None);
    }

    /// <summary>PIPE-18 on the content itself, then PIPE-19. Pooled: every mail comes here and waits for its commit.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder))]
    private async ValueTask HandOverAsync(SmtpCommand command, ArrivedContent arrived, ITransactionPolicy policy, long ended)
    {
        var (verdict, content) = await policy.JudgeAsync(arrived, stopping);
        if (!verdict.Accepted)
        {
            record.Checked("content", verdict);
            answers.Refused(command, verdict);
            content.Dispose();
            return;
        }
        var isAccepted = false;
        var judged = Stopwatch.GetTimestamp();
        try
        {
            var (id, client, envelope, facts, _) = arrived;
            // The 250 this brings back was written after the commit; nothing here may answer in its place (PIPE-20).
            var reply = await services.Acceptor.AcceptAsync(new ReceivedMail(id, policy.Merge(envelope), content, facts, client) { Transaction = policy, Given = envelope }, stopping);
            ServerLog.Answered(services.Logger, client.SessionId, client.Remote.Address, id, reply, content.Length, envelope.ForwardPaths.Length);
            if (isAccepted = reply.IsPositive)
            {
                wire.Write(reply);
                record.Accepted(id);
                ServerMetrics.Answered(ended, judged);
            }
            else
            {
                answers.Refuse(command, reply, "PIPE-19");
            }
        }
        finally
        {
            policy.Answered(isAccepted);
        }
    }
}
