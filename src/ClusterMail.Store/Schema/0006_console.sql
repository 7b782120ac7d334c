-- Who may use the admin API (ADMIN-12, ADMIN-14), and what was changed through it (ADMIN-13).

CREATE TABLE console_account (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    created_at    timestamptz NOT NULL DEFAULT now(),
    changed_at    timestamptz NOT NULL DEFAULT now(),
    password_at   timestamptz,                                -- when the password was set; null: there is none
    locked_until  timestamptz,                                -- in the future: no login; past: what was counted before it counts no more
    last_login_at timestamptz,
    totp_step     bigint NOT NULL DEFAULT 0,                  -- of the last code taken: none is taken twice (RFC 6238 5.2)
    failures      integer NOT NULL DEFAULT 0,                 -- logins tried since the last one that went well
    suspended     boolean NOT NULL DEFAULT false,
    changed_by    text NOT NULL,
    name          text NOT NULL,
    roles         text[] NOT NULL CHECK (cardinality(roles) > 0 AND roles <@ ARRAY['cluster-admin', 'domain-admin', 'operator', 'auditor', 'user']),
    domains       text[] NOT NULL DEFAULT '{}',               -- of a domain administrator; lower case, A-labels
    password_hash text,                                       -- Argon2id, PHC string
    totp_secret   bytea,                                      -- null: no second factor
    totp_pending  bytea                                       -- shown once, and not confirmed by a code yet
);
CREATE UNIQUE INDEX console_account_name ON console_account (lower(name));

-- Codes for those who have lost their second factor; each is good for one login. SHA-256: they are random, so nothing slower is needed.
CREATE TABLE console_recovery (
    account_id bigint NOT NULL REFERENCES console_account ON DELETE CASCADE,
    hash       bytea NOT NULL,
    PRIMARY KEY (account_id, hash)
);

CREATE TABLE console_session (
    hash       bytea PRIMARY KEY,                             -- SHA-256 of the token
    account_id bigint NOT NULL REFERENCES console_account ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at    timestamptz NOT NULL DEFAULT now(),
    source     text NOT NULL                                  -- address it was begun from
);
CREATE INDEX console_session_account ON console_session (account_id);
CREATE INDEX console_session_expires ON console_session (expires_at);

CREATE TABLE console_token (
    hash       bytea PRIMARY KEY,
    account_id bigint NOT NULL REFERENCES console_account ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,                                   -- null: never
    used_at    timestamptz,
    name       text NOT NULL
);
CREATE UNIQUE INDEX console_token_name ON console_token (account_id, lower(name));

-- Rows are added and read; a trigger refuses everything else, and the program never asks for it.
CREATE TABLE console_audit (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT clock_timestamp(),
    who       text NOT NULL,                                  -- console account, or 'token': the farm's own
    means     text NOT NULL,                                  -- session, which token, or under which name the farm's token was used
    source    text NOT NULL,                                  -- address the request came from
    outcome   text NOT NULL CHECK (outcome IN ('done', 'refused', 'failed')),
    act       text NOT NULL,                                  -- noun.verb
    subject   text NOT NULL,
    old_value jsonb,                                          -- what differs, by name; secrets never
    new_value jsonb
);
CREATE INDEX console_audit_at ON console_audit (at);
CREATE INDEX console_audit_who ON console_audit (lower(who), id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit can only grow (ADMIN-13)' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER console_audit_grows_only BEFORE UPDATE OR DELETE OR TRUNCATE ON console_audit
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

-- What of one object is otherwise in the other; null when nothing is.
CREATE FUNCTION audit_difference(here jsonb, there jsonb) RETURNS jsonb LANGUAGE sql IMMUTABLE AS
$$ SELECT jsonb_object_agg(h.key, h.value) FROM jsonb_each(here) AS h WHERE h.value IS DISTINCT FROM there -> h.key $$;

-- What an audit may show of an account: named one by one, so that a secret added later does not show itself.
CREATE FUNCTION audit_account(a account) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object(
        'full_name', a.full_name, 'home', a.home, 'box_limit', a.box_limit, 'smtp_auth', a.smtp_auth, 'apop', a.apop, 'pop3', a.pop3, 'imap4', a.imap4,
        'suspended', a.suspended, 'smtp_disabled', a.smtp_disabled, 'delivery', a.delivery, 'hours', a.hours, 'destinations', a.destinations, 'relay_rules', a.relay_rules)
$$;

CREATE FUNCTION audit_console_account(a console_account) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
    SELECT jsonb_build_object('roles', array_to_string(a.roles, ' '), 'domains', array_to_string(a.domains, ' '), 'suspended', a.suspended)
$$;
