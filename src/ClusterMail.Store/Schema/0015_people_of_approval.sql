-- Superiors of accounts, what people see of their own, and second factors of those who log in on the pages of approval. docs/decisions/0031 says why it looks like this.

-- Whom @manager of a policy asks for mail of this account (APPROVE-20); empty: nobody is named here.
ALTER TABLE account ADD COLUMN superior text NOT NULL DEFAULT '';

CREATE OR REPLACE FUNCTION audit_account(a account) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'full_name', a.full_name, 'home', a.home, 'box_limit', a.box_limit, 'smtp_auth', a.smtp_auth, 'apop', a.apop, 'pop3', a.pop3, 'imap4', a.imap4,
        'suspended', a.suspended, 'smtp_disabled', a.smtp_disabled, 'delivery', a.delivery, 'hours', a.hours, 'destinations', a.destinations, 'relay_rules', a.relay_rules,
        'superior', a.superior)
$$;

-- The secret behind one-time codes of an account on the pages (APPROVE-162). Goes with its account.
CREATE TABLE page_factor (
    account_id bigint PRIMARY KEY REFERENCES account ON DELETE CASCADE,
    begun_at   timestamptz NOT NULL DEFAULT now(),
    enabled_at timestamptz,                                   -- null: waits for its first code
    step       bigint NOT NULL DEFAULT 0,                     -- of the last code taken: none is taken twice (RFC 6238 5.2)
    secret     bytea NOT NULL
);

-- Codes for those who have lost the device; each is good for one login. SHA-256: they are random, so nothing slower is needed.
CREATE TABLE page_recovery (
    account_id bigint NOT NULL REFERENCES page_factor ON DELETE CASCADE,
    hash       bytea NOT NULL,
    PRIMARY KEY (account_id, hash)
);

-- What a person has decided, and what of his own was held, for his pages (APPROVE-232, APPROVE-233).
CREATE INDEX hold_decision_by ON hold_decision (lower(decided_by), decided_at);
CREATE INDEX hold_decision_principal ON hold_decision (lower(principal), decided_at) WHERE principal IS NOT NULL;
CREATE INDEX hold_vote_voter ON hold_vote (lower(voter), at);
CREATE INDEX hold_requester ON hold (lower(requester), id);
