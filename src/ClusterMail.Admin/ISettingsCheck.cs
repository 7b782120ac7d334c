using ClusterMail.Admin.Contract;

namespace ClusterMail.Admin;

/// <summary>Judges a whole set of settings before it is saved (ADMIN-25). All registered ones are asked; one fault refuses the save.</summary>
public interface ISettingsCheck
{
    /// <param name="values">Every value set cluster-wide.</param>
    /// <param name="overrides">Values per node.</param>
    /// <param name="notes">Takes hints that do not refuse, for example that an RFC advises another value.</param>
    IEnumerable<Fault> Check(
        IReadOnlyDictionary<string, string> values, IReadOnlyDictionary<string, IReadOnlyDictionary<string, string>> overrides, ICollection<string> notes);
}
