using Microsoft.AspNetCore.Builder;

namespace ClusterMail.Admin.Access;

/// <summary>What an endpoint demands of who asks; it stands at each endpoint. Without it nobody but a cluster administrator passes.</summary>
/// <param name="Act">noun.verb, as the audit has it.</param>
/// <param name="Own">Also whoever <c>{name}</c> in the path is, in his own session.</param>
internal sealed record Needs(Right Right, string Act, bool Own = false);

/// <summary>The one endpoint strangers may use: the login.</summary>
internal sealed record OpenToStrangers;

internal static class Needing
{
    public static T Needs<T>(this T endpoint, Right right, string act) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Needs(right, act));

    public static T NeedsOrOwn<T>(this T endpoint, Right right, string act) where T : IEndpointConventionBuilder => endpoint.WithMetadata(new Needs(right, act, Own: true));
}
