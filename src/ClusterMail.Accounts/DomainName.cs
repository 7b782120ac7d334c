using System.Globalization;

namespace ClusterMail.Accounts;

/// <summary>The one form in which domains are compared, so that no way of writing a domain gets around a rule.</summary>
public static class DomainName
{
    private static readonly IdnMapping Idn = new();

    /// <summary>Lower case, A-labels, without the root's dot. Text that is no domain comes back in lower case.</summary>
    public static string Normalize(string domain)
    {
        if (domain.EndsWith('.'))
            domain = domain[..^1];
        if (!System.Text.Ascii.IsValid(domain))
        {
            try
            {
                domain = Idn.GetAscii(domain);
            }
            catch (ArgumentException)
            {
                // Not to be written as A-labels: no operated domain can equal it.
            }
        }
        return domain.ToLowerInvariant();
    }
}
