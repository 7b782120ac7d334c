using System.Text;
using ClusterMail.Migration.Profiles;
using ClusterMail.Migration.Source;
using ClusterMail.Testing;

namespace ClusterMail.Migration.Tests;

/// <summary>Trees of the original for the tests: the large one of all kinds of files, or a few files given.</summary>
internal static class Tree
{
    private static readonly Lazy<SourceTree> Western = new(() => Written(japanese: false));
    private static readonly Lazy<SourceTree> Japanese = new(() => Written(japanese: true));

    /// <summary>Of <see cref="EpostTree"/>, read into memory.</summary>
    public static SourceTree Large(bool japanese = false) => (japanese ? Japanese : Western).Value;

    public static EpostPlan Plan(bool japanese = false, ImportProfile profile = ImportProfile.Safe) => EpostPlanner.Plan(Large(japanese), new EpostOptions { Profile = profile });

    public static EpostPlan PlanOf(EpostOptions options, params (string Path, string Text)[] files) => EpostPlanner.Plan(Of([.. files.Select(file => (file.Path, Encoding.UTF8.GetBytes(file.Text)))]), options);

    public static EpostPlan PlanOf(params (string Path, string Text)[] files) => PlanOf(new EpostOptions(), files);

    public static SourceTree Of(params (string Path, byte[] Octets)[] files) => new(files.Select(file => File(file.Path, file.Octets)));

    public static SourceFile File(string path, byte[] octets) => new(path, octets.Length, DateTimeOffset.UnixEpoch, () => new MemoryStream(octets));

    public static Finding Line(this EpostPlan plan, string file, int line) => Assert.Single(plan.Log.All, finding => finding.File == file && finding.Line == line);

    public static IReadOnlyList<Finding> Of(this EpostPlan plan, string file) => [.. plan.Log.All.Where(finding => finding.File == file)];

    private static SourceTree Written(bool japanese)
    {
        var folder = Directory.CreateTempSubdirectory("epost-");
        try
        {
            EpostTree.Write(folder.FullName, japanese);
            return Of([.. SourceTree.Of(folder.FullName).Files.Select(file => (file.Path, file.ReadAll()))]);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}
