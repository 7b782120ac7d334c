namespace ClusterMail.Settings;

/// <summary>Approval of outgoing mail by a superior (上長承認, chapter 20).</summary>
internal static class ApprovalSettings
{
    internal static SettingDefinition[] All { get; } = [.. Policy(), .. Approvers(), .. Deadlines()];

    private static SettingDefinition[] Policy() =>
    [
        Define.Switch("approval.enabled", false, "APPROVE-2, APPROVE-3", "上長承認を有効にする",
            "Lines with mode 1 and 2 hold mail for approval; off: they let it pass, and what is held can still be decided."),
        Define.Choice("approval.no_match", "auto", ["auto", "refuse", "send"], "APPROVE-30", "",
            "A destination that no line of a level matches: auto refuses it when the level has a line with 0 or -1 and else asks the next level."),
        Define.Choice("approval.refuse_text", "short", ["short", "long", "standard"], "APPROVE-32", "",
            "Reply to a forbidden destination: 550 5.1.1 short, long with sender and recipient, or 550 5.7.1 as RFC 3463 has it.", original: "long"),
        Define.Switch("approval.evaluate_after_expansion", true, "APPROVE-31", "",
            "An alias that leads outside is judged by where it leads too, so that it is no way around a table.", original: false),
        Define.Choice("approval.attachment_test", "mime", ["mime", "multipart"], "APPROVE-36, APPROVE-37", "添付ファイル承認",
            "What mode 2 takes for an attachment: mime looks at every part, multipart at the type of the mail alone.", original: "multipart"),
        Define.Switch("approval.split", true, "APPROVE-54, APPROVE-55", "",
            "Recipients that need no approval get the mail at once; off: nothing leaves before the last decision."),
    ];

    private static SettingDefinition[] Approvers() =>
    [
        Define.List("approval.admins", "APPROVE-2, APPROVE-50", "管理者アカウント",
            "Administrator accounts: asked when nobody else is left, and allowed to fetch the history."),
        Define.List("approval.fallback", "APPROVE-50", "", "Approvers asked when a mail has no other; before approval.admins, after fallback= of the domain in approval.domains."),
        Define.Choice("approval.only_sender_is_approver", "fallback", ["fallback", "release", "refuse"], "APPROVE-49, APPROVE-50", "自己承認",
            "The sender is the only approver of his mail: ask the fallback approvers, release it, or refuse it."),
        Define.Switch("approval.allow_external_approver", false, "APPROVE-46", "", "An address outside our domains may be an approver, on the decision page only."),
        Define.Switch("approval.principal_keeps_right", true, "APPROVE-206", "代理承認者", "An approver who has set a proxy may still decide himself."),
    ];

    private static SettingDefinition[] Deadlines() =>
    [
        Define.Integer("approval.remind_hours", 24, 1, 8760, "hours", "APPROVE-59", "督促", "Approvers who have not voted are reminded after so long, and again each time. 0: never.", zero: true, original: 0),
        Define.Integer("approval.escalate_hours", 0, 1, 8760, "hours", "APPROVE-59", "", "The fallback approver, or to= of the line, is asked too after so long. 0: never; 48 h where a line has to=.", zero: true),
        Define.Integer("approval.expire_hours", 168, 1, 87_600, "hours", "APPROVE-59", "期限切れ", "So long a mail is held; then approval.on_expire. 0: for ever.", zero: true, original: 0),
        Define.Choice("approval.on_expire", "reject", ["reject", "release", "keep"], "APPROVE-59, APPROVE-60", "期限切れ",
            "What becomes of a mail nobody has decided: not sent, sent (silence is taken for consent), or held for ever.", original: "keep"),
        Define.Table("approval.domains", "", "APPROVE-50, APPROVE-59", "",
            "What single domains have of their own, one a line: example.jp fallback=bucho@example.jp remind=12h escalate=2d to=jomu@example.jp expire=3d onexpire=reject."),
        Define.Table("approval.business_calendar", "", "APPROVE-61", "",
            "Hours that count for deadlines: zone Asia/Tokyo, mon-fri 09:00-18:00, 2026-12-29 to 2027-01-03 closed, one a line. Empty: every hour counts."),
    ];
}
