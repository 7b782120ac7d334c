namespace ClusterMail.Settings;

/// <summary>Approval of outgoing mail by a superior (上長承認, chapter 20).</summary>
internal static class ApprovalSettings
{
    internal static SettingDefinition[] All { get; } = [.. Policy(), .. Approvers(), .. Deadlines(), .. Warnings(), .. Decisions(), .. Notices(), .. Web()];

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
        Define.Integer("approval.proxy_max_days", 0, 1, 3650, "days", "APPROVE-209", "代理承認者", "Longest window of a proxy set by command; without dates it is refused then. 0: no limit.", zero: true),
        Define.Switch("approval.principal_keeps_right", true, "APPROVE-206", "代理承認者", "An approver who has set a proxy may still decide himself."),
    ];

    private static SettingDefinition[] Warnings() =>
    [
        Define.Integer("approval.new_domain_days", 180, 1, 3650, "days", "APPROVE-515", "", "Approvers are warned of a domain the sender has not written to for so long, as far as the history goes back, and of one that differs by one character from a domain he has. 0: neither.", zero: true),
        Define.List("approval.free_mail_domains", "APPROVE-515", "", "Domains of free mail and mobile phones, of which approvers are warned.", value:
            "gmail.com googlemail.com yahoo.co.jp yahoo.com ymail.ne.jp outlook.com outlook.jp hotmail.com hotmail.co.jp live.jp live.com msn.com icloud.com me.com mac.com aol.com aol.jp excite.co.jp goo.jp infoseek.jp inter7.jp auone.jp docomo.ne.jp ezweb.ne.jp au.com softbank.ne.jp i.softbank.jp vodafone.ne.jp ymobile.ne.jp ybb.ne.jp rakuten.jp qq.com 163.com 126.com naver.com daum.net gmx.com gmx.net mail.com mail.ru yandex.com yandex.ru proton.me protonmail.com zoho.com tutanota.com"),
        Define.Integer("approval.many_outside", 5, 1, 10_000, "", "APPROVE-515", "", "Approvers are warned when To: and Cc: name more outside addresses than these. 0: never.", zero: true),
        Define.Text("approval.warn_keywords", "", "APPROVE-515", "", "Keyword list whose words in the subject approvers are warned of. Empty: only words that caught the mail."),
    ];

    private static SettingDefinition[] Decisions() =>
    [
        Define.Switch("approval.allow_withdraw", true, "APPROVE-64", "", "The sender may take back a mail that nobody has decided yet.", original: false),
        Define.Switch("approval.reject_reason_required", false, "APPROVE-144", "", "A rejection by mail without a reason is refused."),
        Define.Choice("approval.require_auth_for_decision", "auto", ["auto", "yes"], "APPROVE-152", "",
            "Decisions by mail need AUTH: auto wherever the node offers it, yes everywhere."),
        Define.Switch("approval.accept_legacy_tokens", false, "APPROVE-138", "", "Unsigned decision texts of the original are taken from approvers who have logged in.", original: true),
        Define.Switch("approval.history", true, "APPROVE-2, APPROVE-300", "履歴を残す", "The approval log has a line for each decision; the audit is kept always.", original: false),
        Define.Integer("approval.log_level", 1, 0, 2, "", "APPROVE-303, APPROVE-306", "MailApprovalLogLevel", "What a line of the approval log has: 0 approver and number, 1 also his address and the recipients, 2 everything.", original: 0),
        Define.Integer("approval.hold_limit", 21_474_836_480, 1_000_000, 10_000_000_000_000, "bytes", "APPROVE-75", "", "Contents of held mail may take so much, in the whole farm. Beyond it mail that would be held is answered 452; other mail is not concerned."),
        Define.Integer("approval.keep_rejected_days", 30, 1, 3650, "days", "APPROVE-74", "", "Contents of mails that were not sent are kept so long; those of sent ones go at once. What was decided stays."),
    ];

    private static SettingDefinition[] Notices() =>
    [
        Define.Choice("approval.notice_language", "ja", ["ja", "en", "both"], "APPROVE-101", "", "Language of the mails approval writes; both: Japanese first, then English, in one mail."),
        Define.Choice("approval.notice_envelope", "actor", ["actor", "null"], "APPROVE-104", "", "MAIL FROM of those mails: whoever acted, as the original; or the null path."),
        Define.Choice("approval.notice_charset", "utf-8", ["utf-8", "iso-2022-jp"], "APPROVE-101", "", "Charset of those mails; iso-2022-jp for very old clients.", original: "iso-2022-jp"),
        Define.Choice("approval.history_charset", "utf-8", ["utf-8", "shift_jis"], "APPROVE-221", "履歴", "Charset of the history that an administrator fetches by mail; utf-8 has a BOM.", original: "shift_jis"),
        Define.Choice("approval.mailto_charset", "utf-8", ["utf-8", "shift_jis"], "APPROVE-121", "", "Charset of the body a decision link prepares; shift_jis for very old clients.", original: "shift_jis"),
        Define.Integer("approval.attach_original_max", 20_000_000, 0, 1_000_000_000, "bytes", "APPROVE-124", "", "A request carries the held mail up to this size; above it the headers, an excerpt and the list of attachments."),
    ];

    private static SettingDefinition[] Web() =>
    [
        Define.Text("approval.web.listen", "", "APPROVE-160", "", "Address and port of the decision page on each node, such as 0.0.0.0:8443 or *:8443. Empty: no page.", perNode: true),
        Define.Text("approval.web.url", "", "APPROVE-160, APPROVE-505", "",
            "Where people reach the page, such as https://approve.example.jp; requests and lists carry links that begin so. Empty: no links, everything works by mail."),
        Define.Switch("approval.web.tls", true, "APPROVE-504", "", "The page is served with the certificate of the node; off only behind a balancer that ends TLS."),
        Define.List("approval.web.proxies", "APPROVE-89", "", "Balancers before the page: addresses or networks whose X-Forwarded-For names the client. From others it counts for nothing."),
        Define.Choice("approval.web.auth", "login", ["login", "login+otp", "link"], "APPROVE-162", "",
            "Who decides on the page: login asks for the password of the account, login+otp for a one-time code as well, link trusts whoever has the link. Approvers without account always decide by their link."),
        Define.Integer("approval.web.requests_per_minute", 120, 10, 100_000, "", "APPROVE-86", "", "Requests of one client address to the page in a minute; above, 429."),
        Define.List("approval.web.allow_download", "APPROVE-500", "", "Domains whose held mails approvers may download as .eml on the page; * is all. Empty: none."),
        Define.Text("approval.sub_domain_label", "", "APPROVE-440, APPROVE-120", "MailApprovalDomain",
            "Label in front of the requester's domain in the address decisions are sent to, for a node before another mail server: sub makes user@sub.example.jp.") with
        {
            Trimmed = true,
        },
        Define.List("approval.internal_servers", "APPROVE-447, APPROVE-448, APPROVE-152", "",
            "Mail servers behind this one, by address or network, whose users have logged in there: they send for our domains, decide and command without AUTH; others must log in to use our domains as sender."),
        Define.Switch("approval.mark_released", false, "APPROVE-452", "",
            "Released mail begins with X-ClusterMail-Released: HOLDID; s=SIGNATURE, so that a cloud service's rule does not send it here again. What was held follows unchanged."),
    ];

    private static SettingDefinition[] Deadlines() =>
    [
        Define.Integer("approval.remind_hours", 24, 1, 8760, "hours", "APPROVE-59", "督促", "Approvers who have not voted are reminded after so long, and again each time. 0: never.", zero: true, original: 0),
        Define.Integer("approval.escalate_hours", 0, 1, 8760, "hours", "APPROVE-59", "", "The fallback approver, or to= of the line, is asked too after so long. 0: never; 48 h where a line has to=.", zero: true),
        Define.Integer("approval.expire_hours", 168, 1, 87_600, "hours", "APPROVE-59", "期限切れ", "So long a mail is held; then approval.on_expire. 0: for ever.", zero: true, original: 0),
        Define.Choice("approval.on_expire", "reject", ["reject", "release", "keep"], "APPROVE-59, APPROVE-60", "期限切れ",
            "What becomes of a mail nobody has decided: not sent, sent (silence is taken for consent), or held for ever.", original: "keep"),
        Define.Choice("approval.release_on_expiry", "no", ["no", "asked", "yes"], "APPROVE-60", "",
            "Whether mail nobody has decided may be sent at its deadline, here, in a domain or on a line. One administrator sets asked, another one yes; until then release means reject."),
        Define.Table("approval.domains", "", "APPROVE-50, APPROVE-59", "",
            "What single domains have of their own, one a line: example.jp fallback=bucho@example.jp remind=12h escalate=2d to=jomu@example.jp expire=3d onexpire=reject."),
        Define.Table("approval.business_calendar", "", "APPROVE-61", "",
            "Hours that count for deadlines: zone Asia/Tokyo, mon-fri 09:00-18:00, 2026-12-29 to 2027-01-03 closed, one a line. Empty: every hour counts."),
    ];
}
