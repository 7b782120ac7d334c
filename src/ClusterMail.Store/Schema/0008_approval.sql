-- Approval of outgoing mail (上長承認): held mails, decisions, the outbox, the audit, policies. docs/decisions/0021 says why it looks like this.

CREATE TYPE hold_state AS ENUM ('held', 'escalated', 'approved', 'rejected', 'expired', 'admin_released', 'admin_discarded', 'withdrawn');

-- One row for each submission of which something is held: envelope and content, once for all its groups (APPROVE-55, APPROVE-68).
CREATE TABLE held_mail (
    id             bigint PRIMARY KEY,                        -- SubmissionId
    received_at    timestamptz NOT NULL DEFAULT now(),
    dropped_at     timestamptz,                               -- the content is gone (APPROVE-74)
    size           bigint NOT NULL,                           -- octets of the content as received
    like_id        bigint,                                    -- probable duplicate of this submission (APPROVE-88)
    local_port     integer NOT NULL DEFAULT 0,
    received_count smallint NOT NULL DEFAULT 0,
    body           smallint NOT NULL DEFAULT 0,               -- BodyType
    ret            smallint NOT NULL DEFAULT 0,               -- Ret
    smtputf8       boolean NOT NULL DEFAULT false,
    has_8bit       boolean NOT NULL DEFAULT false,
    split          boolean NOT NULL DEFAULT true,             -- false: nothing leaves before the last decision (APPROVE-55)
    sha256         bytea NOT NULL CHECK (octet_length(sha256) = 32),   -- of the content as received
    sealed_with    text,                                      -- name of the key; null: the pieces are plain (APPROVE-71)
    reverse_path   text NOT NULL,                             -- without brackets; empty: the null path
    sender         text NOT NULL,                             -- the requester: main address of the account whose policy held it
    envid          text,
    node           text NOT NULL,
    client_address text,
    helo           text,
    tls            text,
    auth           text,
    subject        text NOT NULL DEFAULT '',                  -- decoded
    message_id     text NOT NULL DEFAULT '',
    attachments    text[] NOT NULL DEFAULT '{}',              -- names
    recipients     text[] NOT NULL DEFAULT '{}',              -- of the whole submission, in the order of RCPT (APPROVE-72)
    sent_to        text[] NOT NULL DEFAULT '{}'               -- those of them that needed no approval
);
CREATE INDEX held_mail_received ON held_mail USING brin (received_at);
CREATE INDEX held_mail_sender ON held_mail (lower(sender), received_at);

-- 256 KiB each, sealed when the node has a key.
CREATE TABLE held_piece (
    mail_id bigint NOT NULL,
    seq     integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (mail_id, seq)
);
DO $$
BEGIN
    ALTER TABLE held_piece ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

-- A group: recipients that one decision is about (APPROVE-54). The version grows with each change; whoever changes it names the version he has read.
CREATE TABLE hold (
    id             bigint PRIMARY KEY,                        -- HoldId
    mail_id        bigint NOT NULL,                           -- held_mail
    opened_at      timestamptz NOT NULL DEFAULT now(),
    remind_at      timestamptz NOT NULL DEFAULT 'infinity',
    escalate_at    timestamptz NOT NULL DEFAULT 'infinity',
    expire_at      timestamptz NOT NULL DEFAULT 'infinity',
    due_at         timestamptz NOT NULL GENERATED ALWAYS AS (least(remind_at, escalate_at, expire_at)) STORED,
    released_at    timestamptz,                               -- handed to the queue (T11)
    remind_every   interval,
    version        integer NOT NULL DEFAULT 1,
    reminders      smallint NOT NULL DEFAULT 0,
    stage          smallint NOT NULL DEFAULT 0,               -- 0, 1, ...: the one asked now
    needed         smallint[] NOT NULL,                       -- for each stage the votes it needs
    state          hold_state NOT NULL DEFAULT 'held',
    free           boolean NOT NULL DEFAULT false,            -- recipients without need of approval that wait for the others (APPROVE-55)
    on_expire      text NOT NULL DEFAULT 'reject' CHECK (on_expire IN ('reject', 'release', 'keep')),
    requester      text NOT NULL,                             -- main address of the account whose mail it is (APPROVE-7)
    note           text NOT NULL DEFAULT '',                  -- note= of the line
    places         text[] NOT NULL DEFAULT '{}',              -- level, version and line of the policies that held it (APPROVE-24)
    reasons        text[] NOT NULL DEFAULT '{}',              -- kind, then after a colon what was found
    barred         text[] NOT NULL DEFAULT '{}',              -- addresses of the requester, who must not decide (APPROVE-49)
    escalate_to    text[] NOT NULL DEFAULT '{}',
    lists          text[] NOT NULL DEFAULT '{}'               -- every list of approvers issued in a decision text (APPROVE-137)
) WITH (fillfactor = 80);
-- Who decides about time asks for what is due, and for the first that will be: both are the head of this index.
CREATE INDEX hold_due ON hold (due_at) WHERE state IN ('held', 'escalated');
CREATE INDEX hold_open ON hold (id) WHERE state IN ('held', 'escalated');
CREATE INDEX hold_mail ON hold (mail_id);
CREATE INDEX hold_opened ON hold (opened_at);

CREATE TABLE hold_recipient (
    hold_id      bigint NOT NULL,
    ordinal      smallint NOT NULL,                           -- of the submission
    notify       smallint NOT NULL DEFAULT 0,
    bcc          boolean NOT NULL DEFAULT false,              -- in no visible header (APPROVE-115)
    forward_path text NOT NULL,
    orcpt        text,
    PRIMARY KEY (hold_id, ordinal)
);
CREATE INDEX hold_recipient_path ON hold_recipient (lower(forward_path));

CREATE TABLE hold_approver (
    hold_id   bigint NOT NULL,
    asked_at  timestamptz,                                    -- null: his stage has not come
    failed_at timestamptz,                                    -- the request could not be delivered (APPROVE-63)
    stage     smallint NOT NULL,
    place     smallint NOT NULL,                              -- order of the line (APPROVE-47)
    waits     boolean NOT NULL DEFAULT false,                 -- he is asked and has neither voted nor been overtaken by a decision
    principal_decides boolean NOT NULL DEFAULT true,          -- the principal may decide besides his proxy (APPROVE-206)
    address   text NOT NULL,                                  -- main address
    principal text,                                           -- whom he is proxy of (APPROVE-52)
    PRIMARY KEY (hold_id, stage, address)
);
-- The waiting list (APPROVE-216): only what waits, however much the approver has decided in seven years.
CREATE INDEX hold_approver_waits ON hold_approver (lower(address), hold_id) WHERE waits;
CREATE INDEX hold_approver_principal ON hold_approver (lower(principal), hold_id) WHERE waits AND principal IS NOT NULL;

-- One for each seat: an approval may become a rejection, and the audit has both (APPROVE-84).
CREATE TABLE hold_vote (
    hold_id  bigint NOT NULL,
    at       timestamptz NOT NULL DEFAULT clock_timestamp(),
    stage    smallint NOT NULL,
    approves boolean NOT NULL,
    seat     text NOT NULL,                                   -- the approver it was cast for
    voter    text NOT NULL,                                   -- who cast it
    channel  text NOT NULL,
    comment  text NOT NULL DEFAULT '',
    PRIMARY KEY (hold_id, stage, seat)
);

-- At most one row for each group, by its key: the second line of defence behind the version (APPROVE-76).
CREATE TABLE hold_decision (
    hold_id        bigint PRIMARY KEY,
    result_id      bigint NOT NULL UNIQUE,                    -- the new number (APPROVE-312, APPROVE-313)
    decided_at     timestamptz NOT NULL DEFAULT now(),
    state          hold_state NOT NULL,
    decided_by     text NOT NULL,                             -- address; admin:<account>; system
    principal      text,
    channel        text NOT NULL,                             -- mail, web, api, timer, admin
    node           text NOT NULL,
    client_address text,
    auth           text,
    comment        text NOT NULL DEFAULT ''
);
CREATE INDEX hold_decision_at ON hold_decision (decided_at);

CREATE INDEX hold_vote_at ON hold_vote USING brin (at);

-- The outbox. A job is taken by moving its due time 30 s ahead; a node that dies loses nothing, the next one finds the job due again (APPROVE-81).
CREATE TABLE hold_job (
    id        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id   bigint NOT NULL,
    made_at   timestamptz NOT NULL DEFAULT now(),
    due_at    timestamptz NOT NULL DEFAULT now(),
    done_at   timestamptz,
    mail_id   bigint,                                         -- what it put into the queue; null: nothing was left to do
    attempts  integer NOT NULL DEFAULT 0,
    kind      text NOT NULL,                                  -- release, hold_notice, request, result, ...
    addressee text NOT NULL DEFAULT '',
    trouble   text,
    UNIQUE (hold_id, kind, addressee)                         -- APPROVE-83
) WITH (fillfactor = 80);
CREATE INDEX hold_job_due ON hold_job (due_at) WHERE done_at IS NULL;

-- The audit. Entries are written with what they tell of, then chained by one writer at a time (APPROVE-333): the chain needs an order, and whoever wanted
-- the order at once would have to hold a lock from there to his commit. at is the clock, not the start of the transaction.
CREATE TABLE audit_entry (
    id      bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    hold_id bigint,
    at      timestamptz NOT NULL DEFAULT clock_timestamp(),
    record  text NOT NULL                                     -- JSON object without seq and ts
);
CREATE INDEX audit_entry_hold ON audit_entry (hold_id);

CREATE TABLE audit (
    seq     bigint PRIMARY KEY,                               -- 1, 2, ... without gap
    hold_id bigint,
    at      timestamptz NOT NULL,
    hash    text NOT NULL,                                    -- of this record and the hash before (APPROVE-331)
    record  text NOT NULL                                     -- JSON in one line, seq and ts first
);
CREATE INDEX audit_hold ON audit (hold_id);
CREATE INDEX audit_at ON audit USING brin (at);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is only added to (APPROVE-332)';
END
$$;
CREATE TRIGGER audit_is_final BEFORE UPDATE OR DELETE ON audit FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER audit_stays BEFORE TRUNCATE ON audit FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();

-- Puts entries at the end of the chain, at most that many, in the order of their time. 0 also when another session is at it. The lock is held for this
-- transaction only, and nobody who decides ever waits for it.
CREATE FUNCTION chain_audit(most integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    entry record;
    number bigint;
    last_hash text;
    line text;
    chained bigint[] := '{}';
BEGIN
    IF NOT pg_try_advisory_xact_lock(17232, 1) THEN
        RETURN 0;
    END IF;
    SELECT a.seq, a.hash INTO number, last_hash FROM audit a ORDER BY a.seq DESC LIMIT 1;
    number := coalesce(number, 0);
    last_hash := coalesce(last_hash, repeat('0', 64));
    FOR entry IN SELECT e.id, e.hold_id, e.at, e.record FROM audit_entry e ORDER BY e.at, e.id LIMIT most LOOP
        number := number + 1;
        line := format('{"seq":%s,"ts":"%s",', number, to_char(entry.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) || substr(entry.record, 2);
        last_hash := encode(sha256(convert_to(last_hash || E'\n' || line, 'UTF8')), 'hex');
        INSERT INTO audit (seq, hold_id, at, hash, record) VALUES (number, entry.hold_id, entry.at, last_hash, line);
        chained := chained || entry.id;
    END LOOP;
    DELETE FROM audit_entry WHERE id = ANY (chained);
    RETURN cardinality(chained);
END
$$;

-- Attempts that failed, for the lock-out (APPROVE-86): by held mail, by client address, by claimed approver.
CREATE TABLE approval_failure (
    at   timestamptz NOT NULL DEFAULT clock_timestamp(),
    kind text NOT NULL CHECK (kind IN ('hold', 'client', 'approver')),
    key  text NOT NULL
);
CREATE INDEX approval_failure_key ON approval_failure (kind, key, at);
CREATE INDEX approval_failure_at ON approval_failure (at);

-- Grows with every change of policies, lists, groups and proxies; nodes see it with their next renewal.
CREATE TABLE approval_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO approval_version DEFAULT VALUES;

CREATE FUNCTION next_approval_version() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ UPDATE approval_version SET version = version + 1 RETURNING version $$;

-- Every version of a policy text that was ever saved (APPROVE-24). The one in force: of an account what stands with the account, of the whole system the
-- setting destination.rules, of a domain the newest here that is no draft.
CREATE TABLE approval_policy (
    version  bigint NOT NULL,                                 -- 1, 2, ... for each owner
    saved_at timestamptz NOT NULL DEFAULT now(),
    draft    boolean NOT NULL DEFAULT false,                  -- saved with errors, not in force (APPROVE-25)
    level    text NOT NULL CHECK (level IN ('account', 'domain')),
    owner    text NOT NULL,                                   -- account address or domain, lower case
    saved_by text NOT NULL,
    comment  text NOT NULL DEFAULT '',
    text     text NOT NULL,
    PRIMARY KEY (level, owner, version)
);

-- However a sender.dat of an account is changed, its version is kept, and the account knows the number of the one in force.
ALTER TABLE account ADD COLUMN destinations_version bigint NOT NULL DEFAULT 0;
CREATE FUNCTION keep_policy_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    whose text := lower(NEW.name) || '@' || NEW.domain;
BEGIN
    IF TG_OP = 'INSERT' AND NEW.destinations = '' OR TG_OP = 'UPDATE' AND NEW.destinations = OLD.destinations THEN
        RETURN NEW;
    END IF;
    SELECT coalesce(max(p.version), 0) + 1 INTO NEW.destinations_version FROM approval_policy p WHERE p.level = 'account' AND p.owner = whose;
    INSERT INTO approval_policy (level, owner, version, saved_by, text) VALUES ('account', whose, NEW.destinations_version, NEW.changed_by, NEW.destinations);
    RETURN NEW;
END
$$;
CREATE TRIGGER account_policy BEFORE INSERT OR UPDATE OF destinations ON account FOR EACH ROW EXECUTE FUNCTION keep_policy_version();
INSERT INTO approval_policy (level, owner, version, saved_by, text)
SELECT 'account', lower(name) || '@' || domain, 1, changed_by, destinations FROM account WHERE destinations <> '' AND removed_at IS NULL;
UPDATE account SET destinations_version = 1 WHERE destinations <> '' AND removed_at IS NULL;

-- Keyword lists (APPROVE-42) and groups of approvers. Owner '' is the whole system, else an account.
CREATE TABLE approval_keywords (
    owner    text NOT NULL,
    name     text NOT NULL,                                   -- base name of the file, lower case
    saved_at timestamptz NOT NULL DEFAULT now(),
    saved_by text NOT NULL,
    text     text NOT NULL,
    PRIMARY KEY (owner, name)
);
CREATE TABLE approval_group (
    name     text PRIMARY KEY,                                -- lower case, without @
    saved_at timestamptz NOT NULL DEFAULT now(),
    saved_by text NOT NULL,
    members  text[] NOT NULL
);

-- 代理承認者: one at a time for an approver (APPROVE-208).
CREATE TABLE approval_proxy (
    approver   text PRIMARY KEY,                              -- main address, lower case
    proxy      text NOT NULL,
    from_at    timestamptz NOT NULL DEFAULT '-infinity',
    until_at   timestamptz NOT NULL DEFAULT 'infinity',
    set_at     timestamptz NOT NULL DEFAULT now(),
    set_by     text NOT NULL,
    reason     text NOT NULL DEFAULT ''
);

-- Keys of decision texts (APPROVE-136). The newest that is not withdrawn signs; the others still prove what they signed.
CREATE TABLE approval_key (
    id           text PRIMARY KEY,                            -- k1, k2, ...
    number       bigint NOT NULL UNIQUE,
    made_at      timestamptz NOT NULL DEFAULT now(),
    withdrawn_at timestamptz,
    sealed_with  text,                                        -- name of the node key it is sealed with; null: plain
    key          bytea NOT NULL
);

-- When the clock of deadlines last ran: a gap means that nobody could decide (APPROVE-62).
CREATE TABLE approval_clock (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    ran_at   timestamptz NOT NULL DEFAULT now()
);
INSERT INTO approval_clock DEFAULT VALUES;
