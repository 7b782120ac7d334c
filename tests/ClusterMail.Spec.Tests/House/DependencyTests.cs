using System.Text.RegularExpressions;

namespace ClusterMail.Spec.Tests.House;

/// <summary>Dependencies point down only (docs/decisions/0001): read from the project files, so that a reference added in passing is noticed.</summary>
public partial class DependencyTests
{
    /// <summary>Which rooms a room may refer to. A room that is not here does not belong in <c>src</c>.</summary>
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Node"] = ["Admin"],
        ["Admin"] = ["Queue", "Admin.Contract"],
        ["Queue"] = ["Smtp", "Ldap", "Policy", "Approval", "Routing", "Store", "Accounts", "Settings"],
        ["Smtp"] = ["Protocol"],
        ["Ldap"] = [],
        ["Policy"] = ["Approval", "Accounts", "Protocol", "Settings"],
        ["Approval"] = ["Accounts", "Protocol", "Settings"],
        ["Routing"] = ["Accounts", "Protocol", "Settings"],
        ["Store"] = ["Protocol"],
        ["Accounts"] = ["Protocol", "Settings"],
        ["Settings"] = [],
        ["Protocol"] = [],
        ["Admin.Contract"] = [],
        ["Migration"] = ["Accounts", "Policy", "Protocol", "Routing", "Settings"],
        ["Drill"] = [],
        ["Cli"] = ["Admin.Contract", "Drill", "Migration", "Store"],
    };

    [Fact]
    public void House_every_room_refers_only_to_rooms_below_it()
    {
        var wrong = from project in ProjectFiles.Product
                    from reference in project.References
                    where !Allowed.TryGetValue(project.Room, out var allowed) || !allowed.Contains(reference)
                    select $"{project.Room} -> {reference}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void House_every_room_is_known_and_every_known_room_is_there() =>
        Assert.Equal(Allowed.Keys.Order(), ProjectFiles.Product.Select(project => project.Room).Order());

    [Fact]
    public void House_Npgsql_is_in_Store_Cli_and_Node_only()
    {
        var users = ProjectFiles.Product.Where(project => project.Packages.Any(package => package.StartsWith("Npgsql", StringComparison.Ordinal)));
        Assert.Subset(new HashSet<string> { "Store", "Cli", "Node" }, users.Select(project => project.Room).ToHashSet());
    }

    [Fact]
    public void House_Akka_is_in_Queue_and_Node_only()
    {
        var users = ProjectFiles.Product.Where(project => project.Packages.Any(package => package == "Akka" || package.StartsWith("Akka.", StringComparison.Ordinal)));
        Assert.Subset(new HashSet<string> { "Queue", "Node" }, users.Select(project => project.Room).ToHashSet());
    }

    [Theory]
    [InlineData("Akka", new[] { "Queue", "Node" })]
    [InlineData("Npgsql", new[] { "Store", "Cli", "Node" })]
    public void House_no_source_uses_a_namespace_its_room_has_no_business_with(string name, string[] rooms)
    {
        // Packages flow through project references, so the project files alone do not show who uses them.
        var wrong = from project in ProjectFiles.Product
                    where !rooms.Contains(project.Room)
                    from file in Sources(project)
                    from line in File.ReadLines(file)
                    let text = line.Trim()
                    where text.StartsWith($"using {name};", StringComparison.Ordinal) || text.StartsWith($"using {name}.", StringComparison.Ordinal)
                    select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {text}";
        Assert.Empty(wrong);
    }

    [Fact]
    public void House_sockets_are_opened_in_Smtp_Ldap_Node_and_Cli_only()
    {
        var wrong = from project in ProjectFiles.Product
                    where project.Room is not ("Smtp" or "Ldap" or "Node" or "Cli")
                    from file in Sources(project)
                    from line in File.ReadLines(file)
                    where OpensSocket().IsMatch(line)
                    select $"{Path.GetRelativePath(ProjectFiles.Root, file)}: {line.Trim()}";
        Assert.Empty(wrong);
    }

    [GeneratedRegex(@"\bnew (Socket|TcpClient|TcpListener|UdpClient|NetworkStream)\(")]
    private static partial Regex OpensSocket();

    private static IEnumerable<string> Sources(ProjectFile project) =>
        ProjectFiles.Written(".cs").Where(file => file.StartsWith(Path.GetDirectoryName(project.Path)! + Path.DirectorySeparatorChar, StringComparison.Ordinal));
}
