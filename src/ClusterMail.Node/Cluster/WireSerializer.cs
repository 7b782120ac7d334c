using System.Runtime.Serialization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Akka.Actor;
using Akka.Serialization;
using ClusterMail.Queue.Approval;
using ClusterMail.Queue.Schedule;

namespace ClusterMail.Node.Cluster;

/// <summary>
/// Messages between nodes: JSON under an explicit name and version. A new version is read one release before it is written (CLU-34); members that
/// an older node does not know are ignored by it, so adding one needs no new version.
/// </summary>
public sealed class WireSerializer(ExtendedActorSystem system) : SerializerWithStringManifest(system)
{
    // Akka asks for a number of our own, above its reserved 0 to 40.
    public override int Identifier => 17230;

    public override string Manifest(object o) => o switch
    {
        DestinationActor.Want => "destination.want/1",
        DestinationActor.Unreachable => "destination.unreachable/1",
        DestinationActor.Reachable => "destination.reachable/1",
        DestinationActor.Allotted => "destination.allotted/1",
        HoldActor.Attempt => "hold.attempt/1",
        HoldActor.Answered => "hold.answered/1",
        _ => throw new SerializationException($"{o.GetType()} does not travel between nodes."),
    };

    public override byte[] ToBinary(object obj) => JsonSerializer.SerializeToUtf8Bytes(obj, obj.GetType(), WireJson.Default);

    public override object FromBinary(byte[] bytes, string manifest) => manifest switch
    {
        "destination.want/1" => Read<DestinationActor.Want>(bytes),
        "destination.unreachable/1" => Read<DestinationActor.Unreachable>(bytes),
        "destination.reachable/1" => Read<DestinationActor.Reachable>(bytes),
        "destination.allotted/1" => Read<DestinationActor.Allotted>(bytes),
        "hold.attempt/1" => Read<HoldActor.Attempt>(bytes),
        "hold.answered/1" => Read<HoldActor.Answered>(bytes),
        _ => throw new SerializationException($"This release does not know the message {manifest}."),
    };

    private static T Read<T>(byte[] bytes) where T : class =>
        JsonSerializer.Deserialize(bytes, typeof(T), WireJson.Default) as T ?? throw new SerializationException($"An empty {typeof(T).Name}.");
}

[JsonSerializable(typeof(DestinationActor.Want))]
[JsonSerializable(typeof(DestinationActor.Unreachable))]
[JsonSerializable(typeof(DestinationActor.Reachable))]
[JsonSerializable(typeof(DestinationActor.Allotted))]
[JsonSerializable(typeof(HoldActor.Attempt))]
[JsonSerializable(typeof(HoldActor.Answered))]
internal sealed partial class WireJson : JsonSerializerContext;
