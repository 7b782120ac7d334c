namespace ClusterMail.Settings.Tests;

/// <summary>How much of the new mail each database of the queue takes.</summary>
public sealed class ShardWeightsTests
{
    [Theory]
    [InlineData("", "east", 100)]
    [InlineData("east=0", "east", 0)]
    [InlineData("east=0", "main", 100)]
    [InlineData("main=20, east=100\nwest=7", "west", 7)]
    [InlineData("east=5 east=6", "east", 6)]
    [InlineData("east=101", "east", 100)]
    public void CLU_28_a_database_takes_its_weight_and_100_where_none_is_said(string setting, string name, int weight) => Assert.Equal(weight, ShardWeights.Parse(setting).Of(name));

    [Theory]
    [InlineData("east=0 main=100", true)]
    [InlineData("east=101", false)]
    [InlineData("east", false)]
    [InlineData("east=-1", false)]
    [InlineData("=5", false)]
    public void CLU_28_a_weight_that_is_none_is_refused(string setting, bool good) => Assert.Equal(good, new SettingsValidator().Check(ShardWeights.Setting, setting).Count == 0);
}
