using Microsoft.AspNetCore.Routing;

namespace ClusterMail.Admin;

internal static partial class QueueEndpoints
{
    private static void MapActs(RouteGroupBuilder api)
    {
    }
}
