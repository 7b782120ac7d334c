namespace ClusterMail.Migration.Profiles;

/// <summary>What becomes of the deviations that were made for safety (ADMIN-53, README 4).</summary>
public enum ImportProfile : byte
{
    /// <summary>The defaults here stay; every place where behaviour will differ is listed.</summary>
    Safe,

    /// <summary>Every switch goes to its original value.</summary>
    Original,
}
