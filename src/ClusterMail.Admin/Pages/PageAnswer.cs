using ClusterMail.Approval.Pages;
using ClusterMail.Protocol;

namespace ClusterMail.Admin.Pages;

/// <summary>What a request for a page is answered with.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Html">Empty where there is something else.</param>
internal sealed record PageAnswer(int Status, string Html)
{
    /// <summary>303: the browser asks for this path with GET.</summary>
    public string? Location { get; init; }

    /// <summary>A mail as a file; disposed of when it was sent.</summary>
    public (string Name, MailContent Content)? File { get; init; }

    /// <summary>A file that is made while it is sent.</summary>
    public PageDownload? Made { get; init; }

    public static PageAnswer Download(string name, string type, Func<Stream, CancellationToken, Task> write) => new(200, "") { Made = new PageDownload(name, type, write) };

    public static PageAnswer See(string path) => new(303, "") { Location = path };

    public static PageAnswer Of(ResultPage page, PageFrame frame) => new(page.Status, page.Render(frame));
}
