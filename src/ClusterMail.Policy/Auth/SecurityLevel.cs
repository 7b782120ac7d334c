namespace ClusterMail.Policy.Auth;

/// <summary>セキュリティレベル: whose MAIL needs AUTH (AUTH-2 to AUTH-6).</summary>
public enum SecurityLevel : byte
{
    /// <summary>認証ファイル: senders whose account has the flag (AUTH-5). Default.</summary>
    PerAccount = 0,

    /// <summary>非認証有効: nobody's (AUTH-3).</summary>
    Open = 1,

    /// <summary>認証専用: everybody's, other servers' included (AUTH-4).</summary>
    All = 2,
}

/// <summary>送信者の信頼度: what is compared with the identity AUTH proved (TRUST-1 to TRUST-3).</summary>
public enum SenderTrust : byte
{
    /// <summary>Nothing.</summary>
    Identity = 1,

    /// <summary>MAIL FROM. Default.</summary>
    Envelope = 2,

    /// <summary>MAIL FROM and the From: header.</summary>
    Header = 3,
}
