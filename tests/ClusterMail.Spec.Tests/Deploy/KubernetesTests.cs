using ClusterMail.Testing.Processes;
using k8s;
using k8s.Models;

namespace ClusterMail.Spec.Tests.Deploy;

/// <summary>deploy/kubernetes, read into the types of the Kubernetes API: a field it does not know is refused.</summary>
public sealed class KubernetesTests
{
    private static readonly string Folder = Path.Combine(Tool.Root, "deploy", "kubernetes");
    private static readonly IReadOnlyList<object> Objects = [.. Files().SelectMany(file => KubernetesYaml.LoadAllFromString(File.ReadAllText(file), strict: true))];
    private static readonly V1StatefulSet Set = Objects.OfType<V1StatefulSet>().Single();
    private static readonly V1Container Node = Set.Spec.Template.Spec.Containers.Single();

    [Fact]
    public void CLU_20_every_manifest_is_read_strictly_and_named_in_the_kustomization()
    {
        Assert.Equal(
            ["V1ConfigMap", "V1NetworkPolicy", "V1PodDisruptionBudget", "V1Service", "V1Service", "V1StatefulSet"],
            Objects.Select(thing => thing.GetType().Name).Order(StringComparer.Ordinal));
        var named = File.ReadAllLines(Path.Combine(Folder, "kustomization.yaml")).Where(line => line.StartsWith("  - ", StringComparison.Ordinal) && line.EndsWith(".yaml", StringComparison.Ordinal)).Select(line => line[4..]);
        Assert.Equal(Files().Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
        Assert.ThrowsAny<Exception>(() => KubernetesYaml.LoadAllFromString("apiVersion: v1\nkind: Service\nmetadata: { name: x }\nspec: { externalTrafficPolice: Local }\n", strict: true));
    }

    [Fact]
    public void CLU_23_clients_addresses_are_kept_and_nobody_is_sent_to_a_node_that_is_not_ready()
    {
        var door = Objects.OfType<V1Service>().Single(service => service.Spec.Type == "LoadBalancer");
        Assert.Equal("Local", door.Spec.ExternalTrafficPolicy);
        Assert.Equal([25, 465, 587], door.Spec.Ports.Select(port => port.Port).Order());
        Assert.All(door.Spec.Ports, port => Assert.Contains(port.TargetPort.Value, Node.Ports.Select(own => own.Name)));
        Assert.Equal("/health/ready", Node.ReadinessProbe.HttpGet.Path);
        Assert.Equal("/health/live", Node.LivenessProbe.HttpGet.Path);
        Assert.Equal("/health/live", Node.StartupProbe.HttpGet.Path);
        // Whoever selects pods selects these.
        var labels = Set.Spec.Template.Metadata.Labels;
        Assert.All(Objects.OfType<V1Service>().Select(service => service.Spec.Selector), selector => Assert.Equal(labels, selector));
        Assert.Equal(labels, Set.Spec.Selector.MatchLabels);
        Assert.Equal(labels, Objects.OfType<V1PodDisruptionBudget>().Single().Spec.Selector.MatchLabels);
        Assert.Equal(labels, Objects.OfType<V1NetworkPolicy>().Single().Spec.PodSelector.MatchLabels);
        Assert.Equal(Set.Spec.ServiceName, Objects.OfType<V1Service>().Single(service => service.Spec.ClusterIP == "None").Metadata.Name);
    }

    [Fact]
    public void CLU_32_a_pod_is_given_the_time_of_a_stop_and_machines_are_emptied_one_by_one()
    {
        var pod = Set.Spec.Template.Spec;
        Assert.Equal(3, Set.Spec.Replicas);
        Assert.True(pod.TerminationGracePeriodSeconds >= 100 + Node.Lifecycle.PreStop.Sleep.Seconds, "a node that still drains would be killed");
        Assert.Equal("1", Objects.OfType<V1PodDisruptionBudget>().Single().Spec.MaxUnavailable.Value);
        Assert.Equal("kubernetes.io/hostname", pod.Affinity.PodAntiAffinity.RequiredDuringSchedulingIgnoredDuringExecution.Single().TopologyKey);
    }

    [Fact]
    public void ADMIN_5_pods_have_least_rights_and_secrets_come_from_Secrets()
    {
        var pod = Set.Spec.Template.Spec;
        Assert.True(pod.SecurityContext.RunAsNonRoot);
        Assert.False(pod.AutomountServiceAccountToken);
        foreach (var security in pod.Containers.Concat(pod.InitContainers).Select(container => container.SecurityContext))
        {
            Assert.True(security.ReadOnlyRootFilesystem);
            Assert.False(security.AllowPrivilegeEscalation);
            Assert.Equal(["ALL"], security.Capabilities.Drop);
        }
        Assert.All(pod.Volumes.Where(volume => volume.Secret is not null), volume => Assert.Equal(Convert.ToInt32("440", 8), volume.Secret.DefaultMode));
        Assert.All(pod.Containers.Concat(pod.InitContainers).SelectMany(container => container.Env).Where(variable => variable.Name.Contains("PASSWORD", StringComparison.Ordinal)),
            variable => Assert.NotNull(variable.ValueFrom.SecretKeyRef));
        Assert.DoesNotContain("assword=", Objects.OfType<V1ConfigMap>().Single().Data["node.conf"], StringComparison.Ordinal);
        // The token lies in the folder whose files a group may read (SecretFile).
        var credentials = Node.Env.Single(variable => variable.Name == "CREDENTIALS_DIRECTORY").Value;
        Assert.Contains($"token-file = \"{credentials}/token\"", Objects.OfType<V1ConfigMap>().Single().Data["node.conf"], StringComparison.Ordinal);
        Assert.Contains(Node.VolumeMounts, mount => mount.MountPath == credentials);
    }

    private static IEnumerable<string> Files() => Directory.GetFiles(Folder, "*.yaml").Where(file => Path.GetFileName(file) != "kustomization.yaml");
}
