namespace ClusterMail.Admin.Pages;

/// <summary>A file that is made while it is sent.</summary>
/// <param name="Name">For the browser; nothing in it needs quoting.</param>
/// <param name="Type">Media type.</param>
internal sealed record PageDownload(string Name, string Type, Func<Stream, CancellationToken, Task> WriteAsync);
