using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Commands;
using ClusterMail.Cli.Output;
using ClusterMail.Migration;
using ClusterMail.Migration.Profiles;

namespace ClusterMail.Cli.Import;

/// <summary>All settings of the import as one version (ADMIN-25): judged by the farm before anything is written, saved at once or not at all.</summary>
internal sealed class SettingsStep(AdminClient client, EpostPlan plan, SettingsList present, ImportProfile profile)
{
    private const string Credentials = "route.credentials";
    private const string UsedCredential = "route.gateway_credential";

    private readonly Dictionary<string, string> _wanted = new(plan.Settings, StringComparer.Ordinal);
    private SettingsSaved _judged = new(0, [], []);

    /// <exception cref="CommandFailure">The farm would refuse the set; it names setting and line.</exception>
    public async Task CheckAsync(CancellationToken cancel)
    {
        if (_wanted.Count == 0)
            return;
        _judged = await SendAsync(Routes.SettingsCheck, cancel);
        if (_judged.Changes.Any(change => change is { Name: Credentials, Before: not null }))
        {
            KeepCredentials();
            _judged = _wanted.Count == 0 ? new SettingsSaved(0, [], []) : await SendAsync(Routes.SettingsCheck, cancel);
        }
        var changing = _judged.Changes.Select(change => change.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var (name, findings) in plan.SettingFindings)
            if (_wanted.ContainsKey(name) && !changing.Contains(name))
                foreach (var finding in findings)
                    plan.Log.Present(finding);
    }

    public void Show(Screen screen)
    {
        if (_judged.Changes.Count == 0)
            screen.Line(Words.Of("Settings: nothing changes"));
        else
            Verbs.Changes(screen, _judged.Changes);
        foreach (var note in _judged.Notes)
            screen.Warning("note: " + note);
        screen.Line();
    }

    public async Task SaveAsync(CancellationToken cancel)
    {
        if (_judged.Changes.Count == 0)
            return;
        var saved = await SendAsync(Routes.Settings, cancel);
        new Screen().Line(Words.Of($"saved as version {saved.Version}"));
    }

    /// <summary>The farm's secrets cannot be read, so an entry cannot be put beside those it has.</summary>
    private void KeepCredentials()
    {
        foreach (var finding in plan.SettingFindings.GetValueOrDefault(Credentials) ?? [])
            plan.Log.Replace(finding, FindingOutcome.Ignored, "the farm has other entries in route.credentials: add this login there by hand, and set route.gateway_credential", "OUT-3", isFault: true);
        _wanted.Remove(Credentials);
        _wanted.Remove(UsedCredential);
    }

    private async Task<SettingsSaved> SendAsync(string path, CancellationToken cancel)
    {
        var changes = _wanted.OrderBy(value => value.Key, StringComparer.Ordinal).Select(value => new SettingChange(value.Key, value.Value)).ToArray();
        var body = new SettingsChange(present.Version, changes, $"import epost --profile {(profile == ImportProfile.Original ? "original" : "safe")}") { Confirm = true };
        return (await client.SendAsync(HttpMethod.Post, path, body, AdminJson.Default.SettingsChange, AdminJson.Default.SettingsSaved, cancel)).Value;
    }
}
