using System.CommandLine;
using System.Text.Json.Serialization.Metadata;
using ClusterMail.Admin.Contract;
using ClusterMail.Cli.Output;

namespace ClusterMail.Cli.Commands;

/// <summary>How every verb that talks to a node is put together: reading verbs have <c>--json</c>, acting verbs print what was done.</summary>
internal sealed class Verbs(ConnectionOptions connection)
{
    /// <summary>A verb that reads one path and shows the answer.</summary>
    /// <param name="path">From the command line to path and query.</param>
    public Verb Reading<T>(Verb verb, Func<ParseResult, string> path, JsonTypeInfo<T> type, Action<Screen, T> show)
    {
        var json = Json(verb);
        verb.SetAction(async (parsed, cancel) =>
        {
            using var client = connection.Connect(parsed);
            Show(await client.GetAsync(path(parsed), type, cancel), parsed.GetValue(json), show);
            return Exit.Done;
        });
        return verb;
    }

    /// <summary>A verb that does something with a client.</summary>
    public Verb Acting(Verb verb, Func<AdminClient, ParseResult, CancellationToken, Task> act)
    {
        verb.SetAction(async (parsed, cancel) =>
        {
            using var client = connection.Connect(parsed);
            await act(client, parsed, cancel);
            return Exit.Done;
        });
        return verb;
    }

    public static Option<bool> Json(Verb verb)
    {
        var json = new Option<bool>("--json") { Description = "Print the answer as JSON." };
        verb.Options.Add(json);
        return json;
    }

    public static void Show<T>(Answer<T> answer, bool json, Action<Screen, T> show)
    {
        if (!json)
        {
            show(new Screen(), answer.Value);
            return;
        }

        using var output = Console.OpenStandardOutput();
        output.Write(answer.Raw.Span);
        output.WriteByte((byte)'\n');
    }

    /// <summary>Whether the person at the keyboard agrees; where nobody can be asked, <c>--yes</c> is needed.</summary>
    public static void Confirm(bool yes, string question)
    {
        if (yes)
            return;
        if (Console.IsInputRedirected)
            throw new CommandFailure(Exit.Usage, $"{question} Give --yes to confirm.");
        Console.Error.Write($"{question} [y/N] ");
        if (Console.ReadLine()?.Trim() is not ("y" or "Y" or "yes"))
            throw new CommandFailure($"nothing was done");
    }

    public static Option<bool> Yes() => new("--yes", "-y") { Description = "Do not ask." };

    /// <summary>Path with those parameters that have a value.</summary>
    public static string Query(string path, params IReadOnlyList<(string Name, string? Value)> parameters)
    {
        var given = parameters.Where(p => p.Value is not null).Select(p => $"{p.Name}={Uri.EscapeDataString(p.Value!)}").ToList();
        return given.Count == 0 ? path : $"{path}?{string.Join('&', given)}";
    }

    /// <summary>A whole file, or standard input for <c>-</c>: UTF-8, or Shift_JIS where it is no UTF-8 throughout, as the original's own files are.</summary>
    public static async Task<string> ReadTextAsync(string path, CancellationToken cancel)
    {
        using var whole = new MemoryStream();
        await using (var source = path == "-" ? Console.OpenStandardInput() : File.OpenRead(path))
            await source.CopyToAsync(whole, cancel);
        var octets = whole.ToArray();
        if (System.Text.Unicode.Utf8.IsValid(octets))
            return new StreamReader(new MemoryStream(octets)).ReadToEnd();
        return System.Text.CodePagesEncodingProvider.Instance.GetEncoding(932)!.GetString(octets);
    }

    public static void Saved(SettingsSaved saved)
    {
        var screen = new Screen();
        screen.Line(saved.Changes.Count == 0 ? Words.Say($"nothing changed; version {saved.Version}") : Words.Say($"saved as version {saved.Version}"));
        Changes(screen, saved.Changes);
        foreach (var note in saved.Notes)
            screen.Warning(Words.Of("note: ") + Words.Of(note));
    }

    public static void Changes(Screen screen, IReadOnlyList<SettingDifference> changes)
    {
        foreach (var change in changes)
        {
            screen.Heading(change.Node is null ? change.Name : $"{change.Name} ({change.Node})");
            foreach (var (mark, line) in LineDifference.Between(change.Before, change.After))
                screen.Line($"  {mark} {line}");
        }
    }
}
