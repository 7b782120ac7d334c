using System.Runtime.CompilerServices;

namespace ClusterMail.Approval.Tests;

internal static class Charsets
{
    /// <summary>As in a node: the room of approval is there before anybody uses the mail parser, whichever test runs first.</summary>
    [ModuleInitializer]
    internal static void Register() => RuntimeHelpers.RunModuleConstructor(typeof(HoldId).Module.ModuleHandle);
}
