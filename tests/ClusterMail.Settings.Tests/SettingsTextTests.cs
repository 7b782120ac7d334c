namespace ClusterMail.Settings.Tests;

public sealed class SettingsTextTests
{
    private static readonly SettingsValidator Validator = new(new Dictionary<string, TableCheck>
    {
        ["relay.rules"] = static (text, _) =>
            [.. text.Split('\n').Index().Where(l => l.Item.Contains('\t')).Select(l => new SettingError("relay.rules", l.Index + 1, 1, "RELAY-1", "a TAB"))],
    });

    private static readonly Dictionary<string, IReadOnlyDictionary<string, string>> NoOverrides = [];

    [Fact]
    public void ADMIN_51_what_was_exported_is_imported_unchanged()
    {
        var values = new Dictionary<string, string>
        {
            ["net.host_name"] = "mx.example.jp",
            ["receive.max_bytes"] = "1000",
            ["receive.8bitmime"] = "false",
            ["receive.banner_text"] = "a \"quoted\" \\ text 日本",
            ["dns.servers"] = "192.0.2.1 192.0.2.2",
            ["listen"] = "* 25\n* 465*\n",
            ["listen.deny"] = "192.0.2.9",
            ["relay.rules"] = "' comment \"with\" quotes and \\\n#<> default\n#blank false\n\n10.0.0.* true",
            ["route.table"] = "'''odd''' line\n*,gw,25\n",
            ["domain.table"] = "",
        };
        var overrides = new Dictionary<string, IReadOnlyDictionary<string, string>>
        {
            ["cm-1"] = new Dictionary<string, string> { ["delivery.workers_per_node"] = "30", ["listen"] = "* 2525\n" },
            ["node two"] = new Dictionary<string, string> { ["delivery.workers_per_node"] = "5" },
        };

        var text = SettingsText.Write(new SettingsDocument(values, overrides));
        var (document, errors) = SettingsText.Read(text, Validator);

        Assert.Empty(errors);
        Assert.Equal(values.OrderBy(v => v.Key), document!.Values.OrderBy(v => v.Key));
        Assert.Equal(["cm-1", "node two"], document.Overrides.Keys.Order());
        Assert.Equal(overrides["cm-1"].OrderBy(v => v.Key), document.Overrides["cm-1"].OrderBy(v => v.Key));
        Assert.Equal(overrides["node two"], document.Overrides["node two"]);
        Assert.Equal(text, SettingsText.Write(document));
    }

    [Fact]
    public void ADMIN_51_every_default_comes_back()
    {
        var values = Catalogue.All.Where(d => !d.Secret).ToDictionary(d => d.Name, d => d.Default);
        var (document, errors) = SettingsText.Read(SettingsText.Write(new SettingsDocument(values, NoOverrides)), Validator);
        Assert.Empty(errors);
        Assert.Equal(values.OrderBy(v => v.Key), document!.Values.OrderBy(v => v.Key));
    }

    [Fact]
    public void ADMIN_51_a_secret_is_not_exported()
    {
        var text = SettingsText.Write(new SettingsDocument(new Dictionary<string, string> { ["route.credentials"] = "gw user hunter2" }, NoOverrides));
        Assert.DoesNotContain("hunter2", text);
        Assert.Contains("# route.credentials is secret", text);
    }

    [Fact]
    public void ADMIN_25_an_error_in_a_table_names_the_line_of_the_file()
    {
        var (_, errors) = SettingsText.Read("net.host_name = 'mx.example.jp'\n\nrelay.rules = '''\n#<> default\n10.0.0.1\tfalse\n'''\n", Validator);
        Assert.Equal(("relay.rules", 5, "RELAY-1"), (Assert.Single(errors).Name, errors[0].Line, errors[0].Rule));
    }

    [Theory]
    [InlineData("net.host_name = 'mx.example.jp'\nreceive.max_byte = 5\n", 2, "CONF-60")]
    [InlineData("[other]\nx = 1\n", 2, "CONF-60")]
    [InlineData("[receive]\nmax_bytes = -1\n", 2, "CONF-61")]
    [InlineData("[node.cm-1]\nreceive.max_bytes = 5\n", 2, "CLU-27")]
    [InlineData("\ndelivery.retry_seconds = 5\n", 2, "CONF-61")]
    public void ADMIN_25_an_error_names_the_line_of_the_file(string text, int line, string rule)
    {
        var (document, errors) = SettingsText.Read(text, Validator);
        Assert.NotNull(document);
        Assert.Equal((line, rule), (Assert.Single(errors).Line, errors[0].Rule));
    }

    [Theory]
    [InlineData("net.host_name = \n", 1)]
    [InlineData("net.host_name = 'a.example'\nreceive.max_bytes = 1.5\n", 2)]
    [InlineData("net.host_name = 'a.example'\nnet.host_name = 'b.example'\n", 2)]
    [InlineData("net.host_name = 'a.example'\n[[receive]]\nmax_bytes = 1\n", 2)]
    [InlineData("dns.servers = [1, 2]\n", 1)]
    public void ADMIN_51_a_text_of_another_form_is_refused_whole(string text, int line)
    {
        var (document, errors) = SettingsText.Read(text, Validator);
        Assert.Null(document);
        Assert.Equal(line, errors[0].Line);
    }
}
