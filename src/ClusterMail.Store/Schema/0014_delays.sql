-- Delays, self confirmation, copies, notes and warnings (APPROVE-502, APPROVE-510 to APPROVE-515). Nothing is taken away and no state is new, so that a node of the
-- version before goes on working beside this one. docs/decisions/0030 says why it looks like this.

-- self: a line of mode 3 held it: no approver, its sender or its deadline decides. Its state 'approved' is read as SENT.
-- begin_at: its approvers are asked then; null: they are asked, or there are none.
ALTER TABLE hold
    ADD COLUMN self        boolean NOT NULL DEFAULT false,
    ADD COLUMN begin_at    timestamptz,
    ADD COLUMN warnings    text[] NOT NULL DEFAULT '{}',      -- kind, then after a colon what was found; computed when it was held
    ADD COLUMN sender_note text NOT NULL DEFAULT '';          -- what the sender wrote for its approvers; no part of the mail
CREATE INDEX hold_begin ON hold (begin_at) WHERE begin_at IS NOT NULL AND state IN ('held', 'escalated');

-- 1: put there by bcc= of a line, 2: and the sender is not told.
ALTER TABLE hold_recipient ADD COLUMN added smallint NOT NULL DEFAULT 0;

-- A link of the sender to his own mail, which opens no page of an approver.
ALTER TABLE approval_link ADD COLUMN own boolean NOT NULL DEFAULT false;
