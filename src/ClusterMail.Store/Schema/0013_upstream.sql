-- Logins of accounts at the next server (chapter 24 §3). docs/decisions/0027 says why it looks like this.

-- What an account has at the provider (APPROVE-424). The secret is sealed with a key from the nodes' own files, and bound to its account.
CREATE TABLE upstream_login (
    account_id bigint PRIMARY KEY REFERENCES account (id) ON DELETE CASCADE,
    changed_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    changed_by text NOT NULL,
    user_name  text NOT NULL,
    secret     bytea NOT NULL
);

-- How the logins fare, for the whole farm (APPROVE-426). A row is about one secret: with a newer one it means nothing any more.
CREATE TABLE upstream_state (
    account_id    bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    kind          smallint NOT NULL,                          -- LoginKind
    secret_of     timestamptz NOT NULL,                       -- when the secret was set
    proven        boolean NOT NULL DEFAULT false,             -- it was taken once
    failures      integer NOT NULL DEFAULT 0,                 -- since it was last taken
    trying_until  timestamptz,                                -- somebody is finding out; nobody else tries meanwhile
    blocked_until timestamptz,
    told_at       timestamptz,                                -- mails about the failures were written; null: not yet
    reply         text NOT NULL DEFAULT '',                   -- of the last failure: host and its reply
    PRIMARY KEY (account_id, kind)
);
CREATE INDEX upstream_state_untold ON upstream_state (account_id) WHERE failures > 0 AND told_at IS NULL;

-- Transactions of each account by minute (APPROVE-427).
CREATE TABLE upstream_use (
    account_id bigint NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    minute     timestamptz NOT NULL,
    mails      integer NOT NULL,
    PRIMARY KEY (account_id, minute)
);

-- One transaction more, if that makes no more than so many within any hour; else how long to wait. A minute counts until its last second is an hour ago.
CREATE FUNCTION upstream_turn(asked bigint, most integer) RETURNS interval LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    used   integer;
    oldest timestamptz;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('upstream_use', asked));
    DELETE FROM upstream_use WHERE account_id = asked AND minute <= clock_timestamp() - interval '61 minutes';
    SELECT coalesce(sum(mails), 0), min(minute) INTO used, oldest FROM upstream_use WHERE account_id = asked;
    IF used >= most THEN
        RETURN greatest(oldest + interval '61 minutes' - clock_timestamp(), interval '1 second');
    END IF;
    INSERT INTO upstream_use AS u (account_id, minute, mails) VALUES (asked, date_trunc('minute', clock_timestamp()), 1)
    ON CONFLICT (account_id, minute) DO UPDATE SET mails = u.mails + 1;
    RETURN interval '0';
END
$$;
