namespace ClusterMail.Admin.Contract;

/// <summary>Whose word a held mail waits for.</summary>
public static class HeldModes
{
    public const string Approval = "approval";

    /// <summary>送信ディレイ: leaves by itself (APPROVE-510).</summary>
    public const string Delay = "delay";

    /// <summary>自己承認: its sender confirms it (APPROVE-511).</summary>
    public const string Confirmation = "confirm";
}
