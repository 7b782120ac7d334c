using System.Runtime.Serialization;
using System.Text;
using Akka.Actor;
using ClusterMail.Approval.Holds;
using ClusterMail.Node.Cluster;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Node.Tests;

public sealed class WireSerializerTests : IAsyncLifetime
{
    private readonly ActorSystem _system = ActorSystem.Create("wire");
    private WireSerializer _wire = null!;

    public ValueTask InitializeAsync()
    {
        _wire = new WireSerializer((ExtendedActorSystem)_system);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync() => await _system.Terminate();

    public static TheoryData<object, string> Messages => new()
    {
        { new DestinationActor.Want("mx1.example.org:25", "n1", 20, 3), "destination.want/1" },
        { new DestinationActor.Unreachable("mx1.example.org:25", "n1", "451 4.4.1 \"nobody\" there é"), "destination.unreachable/1" },
        { new DestinationActor.Reachable("mx1.example.org:25", "n1"), "destination.reachable/1" },
        { new DestinationActor.Allotted("mx1.example.org:25", 5, 10_000, 30_000, "why"), "destination.allotted/1" },
        {
            new HoldActor.Attempt(new HoldAct("B0000500101", HoldActKind.Reassign, "bucho@corp.example", "jomu@corp.example", "理由", Channel.Mail,
                new Queue.Approval.Actor("192.0.2.80", "bucho@corp.example") { Claims = "x@y", Key = "k1", Administrator = "taro" })), "hold.attempt/1"
        },
        { new HoldActor.Answered("B0000500101", "Late", "why", ""), "hold.answered/1" },
    };

    [Theory]
    [MemberData(nameof(Messages))]
    public void CLU_34_every_message_comes_back_as_it_went_under_its_name(object message, string manifest)
    {
        Assert.Equal(manifest, _wire.Manifest(message));
        Assert.Equal(message, _wire.FromBinary(_wire.ToBinary(message), manifest));
    }

    [Fact]
    public void CLU_34_every_message_a_node_may_send_has_a_name()
    {
        var commands = typeof(DestinationActor).GetNestedTypes().Where(type => !type.IsInterface && typeof(DestinationActor.ICommand).IsAssignableFrom(type));
        Assert.Equal(commands.Concat([typeof(DestinationActor.Allotted), typeof(HoldActor.Attempt), typeof(HoldActor.Answered)]).ToHashSet(), Messages.Select(row => row.Data.Item1.GetType()).ToHashSet());
    }

    [Fact]
    public void CLU_34_a_member_of_a_newer_release_is_ignored() =>
        Assert.Equal(new DestinationActor.Reachable("h", "n"),
            _wire.FromBinary(Encoding.UTF8.GetBytes("""{"NextHop":"h","Node":"n","Since":7}"""), "destination.reachable/1"));

    [Theory]
    [InlineData("destination.want/2")]
    [InlineData("")]
    public void CLU_34_an_unknown_manifest_is_refused(string manifest) => Assert.Throws<SerializationException>(() => _wire.FromBinary("{}"u8.ToArray(), manifest));

    [Fact]
    public void CLU_34_what_has_no_name_does_not_travel() => Assert.Throws<SerializationException>(() => _wire.Manifest("text"));
}
