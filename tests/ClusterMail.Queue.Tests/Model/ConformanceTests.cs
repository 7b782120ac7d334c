using System.Globalization;
using ClusterMail.Protocol;
using ClusterMail.Store;
using ClusterMail.Testing;

namespace ClusterMail.Queue.Tests.Model;

/// <summary><see cref="Judge"/> and PostgreSQL, led through the same histories: after every step each says the same, and holds the same.</summary>
public sealed class ConformanceTests(ITestOutputHelper output)
{
    private const int Epochs = 16;
    private const int Mails = 4;
    private const int Steps = 150;

    /// <summary>Fewer in force than these: a node registers.</summary>
    private const int AtOnce = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public async Task P4_the_model_and_the_database_judge_alike_through_a_random_history(int seed)
    {
        await using var database = await TestDatabase.CreateAsync();
        var history = new History(database, new Random(seed));
        var counts = new SortedDictionary<string, int>(StringComparer.Ordinal);
        for (var step = 0; step < Steps; step++)
        {
            var (what, expected, actual) = await history.StepAsync();
            Assert.True(expected == actual, $"seed {seed}, step {step}, {what}: the model says {expected}, the database {actual}");
            Assert.Equal(history.Modelled(), await history.StoredAsync());
            var word = $"{what.Split(' ')[0]} {expected}";
            counts[word] = counts.GetValueOrDefault(word) + 1;
        }
        output.WriteLine(string.Join(", ", counts.Select(pair => $"{pair.Key}: {pair.Value}")));
    }

    /// <summary>One history on both sides. An epoch of the model is the epoch of the database that was registered for it.</summary>
    private sealed class History(TestDatabase database, Random random)
    {
        private static readonly TimeSpan Lease = TimeSpan.FromMinutes(5);
        private readonly Judge _judge = new(Epochs, Mails);
        private readonly NodeStore _nodes = new(database.Source);
        private readonly QueueStore _queue = new(database.Source);
        private readonly long[] _epochs = new long[Epochs];
        private readonly long[] _numbers = new long[Mails];

        /// <summary>Turns that somebody once had in hand: outcomes of any of them may come, and come again.</summary>
        private readonly List<(int Epoch, int Mail, int Turn)> _hands = [];

        public async Task<(string What, bool Expected, bool Actual)> StepAsync()
        {
            var registered = _epochs.Count(epoch => epoch != 0);
            if (registered < Epochs && Enumerable.Range(0, registered).Count(_judge.InForce) < AtOnce)
                return await RegisterAsync(registered);
            var (epoch, mail) = (random.Next(registered), random.Next(Mails));
            // What only a turn tells apart: an outcome of an earlier claim by the very epoch that owns the mail now.
            var earlier = _hands.Where(hand => _judge.Owner[hand.Mail] == hand.Epoch && _judge.Turn[hand.Mail] != hand.Turn).ToArray();
            if (earlier.Length > 0 && random.Next(3) == 0)
                return await RecordAsync(earlier[0]);
            return random.Next(12) switch
            {
                0 => await RenewAsync(epoch),
                1 => await FenceAsync(epoch),
                2 when random.Next(3) == 0 => await LeaveAsync(epoch),
                3 when random.Next(3) == 0 => await ExpireAsync(epoch),
                3 or 4 when _numbers[mail] == 0 => await AcceptAsync(epoch, mail),
                < 7 when _hands.Count > 0 => await RecordAsync(_hands[random.Next(_hands.Count)]),
                < 9 when _hands.Count > 0 => await RecordAsync(_hands[^1]),
                9 when _hands.Count > 0 && _hands[^1] is var last => await ClaimAsync(last.Epoch, last.Mail),
                _ => await ClaimAsync(epoch, mail),
            };
        }

        private async Task<(string, bool, bool)> RegisterAsync(int epoch)
        {
            _judge.Register(epoch);
            _epochs[epoch] = await _nodes.RegisterAsync(new NodeRegistration($"n{epoch}", "", "", "", "1", []), Lease, default);
            return ($"register {epoch}", true, _epochs[epoch] > 0);
        }

        private async Task<(string, bool, bool)> RenewAsync(int epoch) =>
            ($"renew {epoch}", _judge.Renew(epoch), !(await _nodes.RenewAsync(_epochs[epoch], Lease, null, default)).Fenced);

        private async Task<(string, bool, bool)> ExpireAsync(int epoch)
        {
            _judge.Left[epoch] = Math.Min(_judge.Left[epoch], 0);
            await database.ExecuteAsync("UPDATE node SET alive_until = now() - interval '1 second', lease = '0' WHERE epoch = $1", _epochs[epoch]);
            return ($"expire {epoch}", true, true);
        }

        // The database looks at all of them, in their order.
        private async Task<(string, bool, bool)> FenceAsync(int epoch)
        {
            if (random.Next(2) == 0)
                await ExpireAsync(epoch);
            var expected = Enumerable.Range(0, Epochs).Where(_judge.Fence).Select(one => _epochs[one]).Order();
            var fenced = await _nodes.FenceExpiredAsync("other", default);
            return ("fence", true, expected.SequenceEqual(fenced.Select(node => node.Epoch)));
        }

        private async Task<(string, bool, bool)> LeaveAsync(int epoch)
        {
            _judge.Leave(epoch);
            await _nodes.LeaveAsync(_epochs[epoch], default);
            return ($"leave {epoch}", true, true);
        }

        private async Task<(string, bool, bool)> AcceptAsync(int epoch, int mail)
        {
            var number = await _queue.AllotNumbersAsync(1, default);
            var owned = random.Next(3) > 0;
            var expected = _judge.Accept(epoch, mail, owned);
            var actual = await InForceAsync(() => _queue.AcceptAsync(_epochs[epoch], [Mail(number, mail, owned)], default));
            if (expected)
                _numbers[mail] = number;
            if (expected && owned)
                _hands.Add((epoch, mail, _judge.Turn[mail]));
            return ($"accept {mail} by {epoch}", expected, actual);
        }

        private async Task<(string, bool, bool)> ClaimAsync(int epoch, int mail)
        {
            IReadOnlyList<ClaimedRecipient> taken = [];
            var others = Enumerable.Range(0, Mails).Where(one => one != mail).Select(Destination).ToArray();
            await InForceAsync(async () => taken = await _queue.ClaimAsync(_epochs[epoch], 10, 10, others, default));
            var expected = _judge.Claim(epoch, mail);
            if (expected)
                _hands.Add((epoch, mail, _judge.Turn[mail]));
            return ($"claim {mail} by {epoch}", expected, taken.Count == 1 && taken[0].Turn == _judge.Turn[mail]);
        }

        private async Task<(string, bool, bool)> RecordAsync((int Epoch, int Mail, int Turn) hand)
        {
            var ending = random.Next(8) switch { 0 => Ending.Delivered, < 5 => Ending.Back, _ => Ending.Doubt };
            var conclusion = new Conclusion
            {
                Key = new RecipientKey(_numbers[hand.Mail], 0),
                Turn = hand.Turn,
                State = ending switch { Ending.Delivered => RecipientState.Delivered, Ending.Back => RecipientState.Queued, _ => RecipientState.Waiting },
                Class = ending == Ending.Doubt ? FailureClass.LineError : FailureClass.None,
                PossibleDuplicate = ending == Ending.Doubt,
                Reply = "x",
            };
            RecordResult? result = null;
            await InForceAsync(async () => result = await _queue.RecordAsync(_epochs[hand.Epoch], [conclusion], [], default));
            return ($"record {ending} {hand}", _judge.Record(hand.Epoch, hand.Mail, hand.Turn, ending), result is { Late.IsEmpty: true });
        }

        private static async Task<bool> InForceAsync(Func<Task> write)
        {
            try
            {
                await write();
                return true;
            }
            catch (EpochFencedException)
            {
                return false;
            }
        }

        public IReadOnlyList<string> Modelled() =>
        [
            .. Enumerable.Range(0, Epochs).Where(epoch => _epochs[epoch] != 0).Select(epoch => $"epoch {epoch} {(_judge.InForce(epoch) ? _judge.Left[epoch] > 0 ? "alive" : "over" : "out")}"),
            .. Enumerable.Range(0, Mails).Where(mail => _numbers[mail] != 0).Select(mail => _judge.Rows[mail] switch
            {
                RowState.Ended => $"mail {mail} ended{Noted(_judge.Noted[mail])}",
                var row => $"mail {mail} {(row == RowState.Owned ? "delivering" : _judge.Attempts[mail] == 0 ? "queued" : "waiting")}"
                    + $" {(row == RowState.Owned ? _judge.Owner[mail] : -1)} {_judge.Turn[mail]} {_judge.Attempts[mail]}{Noted(_judge.Noted[mail])}",
            }),
        ];

        private const string NodeSql = """
            SELECT CASE WHEN fenced_at IS NOT NULL OR left_at IS NOT NULL THEN 'out' WHEN alive_until < now() THEN 'over' ELSE 'alive' END FROM node WHERE epoch = $1
            """;
        private const string MailSql = """
            SELECT coalesce((SELECT concat_ws(' ', state, coalesce(owner, -1), turn, attempt) FROM recipient WHERE mail_id = $1), (SELECT 'ended' FROM history WHERE mail_id = $1), 'gone')
                   || CASE WHEN EXISTS (SELECT FROM event WHERE kind IN ('taken-over', 'possible-duplicate') AND (data->>'mail')::bigint = $1) THEN ' noted' ELSE '' END
            """;

        public async Task<IReadOnlyList<string>> StoredAsync()
        {
            var all = new List<string>();
            for (var epoch = 0; epoch < Epochs; epoch++)
                if (_epochs[epoch] != 0)
                    all.Add($"epoch {epoch} {await database.ScalarAsync<string>(NodeSql, _epochs[epoch])}");
            for (var mail = 0; mail < Mails; mail++)
                if (_numbers[mail] != 0)
                    all.Add($"mail {mail} {Named(await database.ScalarAsync<string>(MailSql, _numbers[mail]))}");
            return all;
        }

        /// <summary>The owner by its number in the model.</summary>
        private string Named(string row)
        {
            var words = row.Split(' ');
            if (words.Length > 1 && long.TryParse(words[1], CultureInfo.InvariantCulture, out var owner))
                words[1] = Array.IndexOf(_epochs, owner).ToString(CultureInfo.InvariantCulture);
            return string.Join(' ', words);
        }

        private static string Noted(bool noted) => noted ? " noted" : "";
        private static string Destination(int mail) => $"d{mail}.example";

        private static NewMail Mail(long number, int mail, bool owned) => new()
        {
            Id = new MessageId(number),
            ReversePath = "sender@example.jp",
            Content = new MemoryContent("Subject: x\r\n\r\nHello\r\n"u8.ToArray()),
            Recipients = [new NewRecipient(0, $"a@{Destination(mail)}", Destination(mail), owned)],
        };
    }
}
