-- The queue, the nodes that own it, and what is kept of mail that has left it.
-- Forward only: a released file is never edited; the next change is the next number.

-- QUEUE-6. 'delivered' and 'failed' never stay in the queue (P2); the words are here so that one vocabulary serves queue and history.
CREATE TYPE recipient_state AS ENUM ('queued', 'delivering', 'waiting', 'held', 'delivered', 'failed');
CREATE TYPE recipient_outcome AS ENUM ('delivered', 'failed', 'deleted');

-- MSGID-2, CLU-28: one sequence for the whole cluster; gaps happen, repeats do not.
CREATE SEQUENCE mail_number AS bigint;
CREATE SEQUENCE node_epoch AS bigint;

-- One row for each mail in the queue. Never updated, so it costs one insert and one delete however often it is retried.
CREATE TABLE mail (
    id             bigint PRIMARY KEY,                        -- the mail number: B0000000012 is 12
    accepted_at    timestamptz NOT NULL DEFAULT now(),
    size           bigint NOT NULL,                           -- octets
    local_port     integer NOT NULL DEFAULT 0,
    received_count smallint NOT NULL DEFAULT 0,               -- Received: headers on arrival (DELIV-14)
    body           smallint NOT NULL DEFAULT 0,               -- BodyType
    ret            smallint NOT NULL DEFAULT 0,               -- Ret
    smtputf8       boolean NOT NULL DEFAULT false,
    has_8bit       boolean NOT NULL DEFAULT false,
    reverse_path   text NOT NULL,                             -- without brackets; empty: the null path
    name           text,                                      -- printed name of a derived mail (MSGID-5); null: B and the number
    envid          text,                                      -- xtext as received
    node           text NOT NULL,                             -- accepted by
    client_address text,                                      -- null: made by this cluster
    helo           text,
    tls            text,
    auth           text,
    content        bytea                                      -- null: in mail_chunk
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
        toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_threshold = 5000, toast.autovacuum_vacuum_cost_delay = 0);

-- Content too large for one value in memory. No foreign key: a check for each deleted mail would be paid by the small ones too;
-- whoever deletes the mail deletes its chunks in the same statement.
CREATE TABLE mail_chunk (
    mail_id bigint NOT NULL,
    seq     integer NOT NULL,
    data    bytea NOT NULL,
    PRIMARY KEY (mail_id, seq)
) WITH (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0,
        toast.autovacuum_vacuum_scale_factor = 0.02, toast.autovacuum_vacuum_cost_delay = 0);

-- pglz is three times slower than lz4 and no smaller on mail. A server built without lz4 keeps its default.
DO $$
BEGIN
    ALTER TABLE mail ALTER COLUMN content SET COMPRESSION lz4;
    ALTER TABLE mail_chunk ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

-- Narrow and hot: one row for each recipient that has not ended. Rows are inserted with their mail and never added to it later.
CREATE TABLE recipient (
    mail_id        bigint NOT NULL,
    owner          bigint,                                    -- epoch that owns it; null: nobody
    next_try       timestamptz NOT NULL DEFAULT now(),
    queued_at      timestamptz NOT NULL DEFAULT now(),
    started_at     timestamptz,                               -- first attempt: schedule and periods count from here (QUEUE-5, RETRY-8)
    ordinal        smallint NOT NULL,                         -- 0, 1, ... in the order of RCPT
    attempt        smallint NOT NULL DEFAULT 0,               -- attempts concluded
    refusals       smallint NOT NULL DEFAULT 0,               -- of them refused with 5xx (RETRY-1)
    class          smallint NOT NULL DEFAULT 0,               -- FailureClass of the last one
    notify         smallint NOT NULL DEFAULT 0,               -- Notify
    delay_notified boolean NOT NULL DEFAULT false,            -- BOUNCE-9
    bounce_now     boolean NOT NULL DEFAULT false,            -- an administrator wants it failed without another attempt
    state          recipient_state NOT NULL,
    destination    text COLLATE "C" NOT NULL,
    forward_path   text NOT NULL,
    orcpt          text,
    last_reply     text,
    PRIMARY KEY (mail_id, ordinal),
    CONSTRAINT recipient_owned CHECK ((owner IS NOT NULL) = (state = 'delivering')),
    CONSTRAINT recipient_in_queue CHECK (state IN ('queued', 'delivering', 'waiting', 'held'))
) WITH (fillfactor = 85, autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
        autovacuum_analyze_scale_factor = 0.05);

-- Claiming walks this one destination by destination, so a destination with 100,000 due rows costs the others one index probe.
CREATE INDEX recipient_due ON recipient (destination, next_try) WHERE state IN ('queued', 'waiting');
-- Recipients whose period (RETRY-3) ends while their destination is down.
CREATE INDEX recipient_age ON recipient (destination, (coalesce(started_at, queued_at))) WHERE state IN ('queued', 'waiting');
-- Recipients an administrator wants failed, whatever their destination's state.
CREATE INDEX recipient_bounce ON recipient (mail_id) WHERE bounce_now AND state IN ('queued', 'waiting');
-- Taking over what a fenced epoch owned.
CREATE INDEX recipient_owner ON recipient (owner) WHERE owner IS NOT NULL;

-- Every attempt that did not end its recipient; the one that did is in history. For trace and senderlog (LOG-6). Append only.
CREATE TABLE attempt (
    at             timestamptz NOT NULL DEFAULT now(),
    mail_id        bigint NOT NULL,
    ordinal        smallint NOT NULL,
    attempt        smallint NOT NULL,                         -- 1, 2, ...
    class          smallint NOT NULL,
    remote_port    integer NOT NULL DEFAULT 0,
    next_try       timestamptz NOT NULL,
    node           text NOT NULL,
    destination    text NOT NULL,
    reply          text NOT NULL,
    rule           text NOT NULL DEFAULT '',
    remote_host    text,
    remote_address text,
    tls            text,
    dialogue       text[] NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (at);
CREATE INDEX attempt_mail ON attempt (mail_id);
CREATE INDEX attempt_at ON attempt (at);
CREATE TABLE attempt_default PARTITION OF attempt DEFAULT;

-- One row for each recipient that has ended, with all that the logs of chapter 08 print. Append only.
CREATE TABLE history (
    ended_at       timestamptz NOT NULL DEFAULT now(),
    mail_id        bigint NOT NULL,
    accepted_at    timestamptz NOT NULL,
    started_at     timestamptz,
    size           bigint NOT NULL,
    local_port     integer NOT NULL DEFAULT 0,
    remote_port    integer NOT NULL DEFAULT 0,
    ordinal        smallint NOT NULL,
    attempts       smallint NOT NULL,
    class          smallint NOT NULL DEFAULT 0,
    outcome        recipient_outcome NOT NULL,
    name           text,
    node           text NOT NULL,                             -- where it ended (EX-CLU-3: outlog)
    accepted_node  text NOT NULL,                             -- where it was accepted (inlog)
    reverse_path   text NOT NULL,
    forward_path   text NOT NULL,
    destination    text NOT NULL,
    reply          text NOT NULL,
    rule           text NOT NULL DEFAULT '',
    client_address text,
    helo           text,
    accepted_tls   text,
    auth           text,
    remote_host    text,
    remote_address text,
    tls            text,
    dialogue       text[] NOT NULL DEFAULT '{}'
) PARTITION BY RANGE (ended_at);
CREATE INDEX history_mail ON history (mail_id);
CREATE INDEX history_ended ON history (ended_at);
-- inlog asks by acceptance; rows come nearly in that order, which is all a block range index needs.
CREATE INDEX history_accepted ON history USING brin (accepted_at) WITH (pages_per_range = 32);
CREATE INDEX history_forward ON history (lower(forward_path));
CREATE INDEX history_reverse ON history (lower(reverse_path));
CREATE TABLE history_default PARTITION OF history DEFAULT;

-- CLU-33: what the cluster did, for people.
CREATE TABLE event (
    id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at   timestamptz NOT NULL DEFAULT now(),
    node text NOT NULL DEFAULT '',
    kind text NOT NULL,
    text text NOT NULL,
    data jsonb NOT NULL DEFAULT '{}',
    mailed_at timestamptz                                      -- told to the administrator by mail (CLU-33)
);
CREATE INDEX event_at ON event (at);
CREATE INDEX event_unmailed ON event (id) WHERE mailed_at IS NULL;

-- One row for each start of a node. Its epoch is the fence on everything it writes (design 3).
CREATE TABLE node (
    epoch       bigint PRIMARY KEY,
    name        text NOT NULL,
    remoting    text NOT NULL,
    admin       text NOT NULL,
    smtp        text NOT NULL,
    version     text NOT NULL,
    roles       text[] NOT NULL,
    started_at  timestamptz NOT NULL DEFAULT now(),
    lease       interval NOT NULL,
    alive_until timestamptz NOT NULL,                         -- judged by this server's clock only (CLU-30)
    member      boolean NOT NULL DEFAULT false,               -- of the Akka cluster
    left_at     timestamptz,                                  -- stopped cleanly
    fenced_at   timestamptz,                                  -- its rows belong to others from here on
    fenced_by   text
) WITH (fillfactor = 50);
CREATE INDEX node_in_force ON node (name) WHERE fenced_at IS NULL AND left_at IS NULL;

-- CLU-25, ADMIN-32. Scope '' is the whole cluster, else a node's name; no row means on.
CREATE TABLE node_switch (
    scope text NOT NULL,
    kind  text NOT NULL CHECK (kind IN ('receive', 'deliver')),
    state text NOT NULL CHECK (state IN ('on', 'off', 'draining')),
    since timestamptz NOT NULL DEFAULT now(),
    by    text NOT NULL,
    PRIMARY KEY (scope, kind)
);

-- What all nodes remember of a destination, so that one dead host is found dead once and not by every node.
CREATE TABLE destination (
    key              text COLLATE "C" PRIMARY KEY,
    down_since       timestamptz,
    down_until       timestamptz,                             -- null or past: up
    failures         integer NOT NULL DEFAULT 0,              -- in a row
    last_reply       text,
    changed_at       timestamptz NOT NULL DEFAULT now(),
    connection_limit integer                                  -- overrides the setting (DELIV-2); null: it does not
) WITH (fillfactor = 70);

-- ADMIN-24, ADMIN-25: every version is the full set.
CREATE TABLE setting_version (
    version   bigint PRIMARY KEY,
    saved_at  timestamptz NOT NULL DEFAULT now(),
    saved_by  text NOT NULL,
    comment   text NOT NULL DEFAULT '',
    values    jsonb NOT NULL DEFAULT '{}',                    -- {name: text}
    overrides jsonb NOT NULL DEFAULT '{}'                     -- {node: {name: text}} (CLU-27)
);

-- Leases the cluster's split-brain resolver asks for.
CREATE TABLE cluster_lease (
    name  text PRIMARY KEY,
    owner text NOT NULL,
    until timestamptz NOT NULL
);

-- Grows whenever an administrator made recipients due; nodes see it with their next renewal and claim at once.
CREATE TABLE wake_up (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    counter  bigint NOT NULL DEFAULT 0
);
INSERT INTO wake_up DEFAULT VALUES;

-- The first of a block of numbers. nextval and setval together are not one step, so everyone who takes numbers takes them here.
CREATE FUNCTION allot_numbers(block integer) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    first_number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 3);
    first_number := nextval('mail_number');
    IF block > 1 THEN
        PERFORM setval('mail_number', first_number + block - 1);
    END IF;
    RETURN first_number;
END
$$;

-- Destinations with something due, at most wanted of them, walking the index from one destination to the next (a loose index scan) and round
-- again from the start; none that is down and none in skip. After at most steps destinations it stops and says where to go on, so that
-- a claim stays quick with any number of destinations that wait.
CREATE FUNCTION due_destinations(after text, wanted integer, steps integer, skip text[], OUT keys text[], OUT stopped_at text)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    found_key text;
    first_try timestamptz;
    wrapped boolean := after = '';
BEGIN
    keys := '{}';
    stopped_at := after;
    FOR step IN 1..steps LOOP
        SELECT r.destination, r.next_try INTO found_key, first_try FROM recipient r
        WHERE r.state IN ('queued', 'waiting') AND r.destination > stopped_at
        ORDER BY r.destination, r.next_try LIMIT 1;
        IF found_key IS NULL AND wrapped OR wrapped AND after <> '' AND found_key > after COLLATE "C" THEN
            stopped_at := '';
            RETURN;
        END IF;
        IF found_key IS NULL THEN
            wrapped := true;
            stopped_at := '';
            CONTINUE;
        END IF;
        stopped_at := found_key;
        IF first_try <= now() AND found_key <> ALL (skip)
           AND NOT EXISTS (SELECT FROM destination d WHERE d.key = found_key AND d.down_until > now()) THEN
            keys := keys || found_key;
            EXIT WHEN cardinality(keys) >= wanted;
        END IF;
    END LOOP;
END
$$;

-- First statement of everything a node writes to the queue. The shared lock lasts to the end of the transaction and fence_epoch takes it
-- exclusively: what was let through here is committed before the epoch's rows are freed, or it is refused. VOLATILE, so that the SELECT
-- after the lock sees what was committed while waiting for it. 17229 keeps these locks apart from others.
CREATE FUNCTION assert_epoch(asked bigint) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    node_name text;
BEGIN
    PERFORM pg_advisory_xact_lock_shared(17229, asked::integer);
    SELECT name INTO node_name FROM node WHERE epoch = asked AND fenced_at IS NULL AND left_at IS NULL;
    IF node_name IS NULL THEN
        RAISE EXCEPTION 'epoch % is fenced', asked USING ERRCODE = 'CM001';
    END IF;
    RETURN node_name;
END
$$;

-- Frees everything an epoch owns: due at once, 'waiting' when it was tried before.
CREATE FUNCTION free_recipients(of_epoch bigint) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    freed integer;
BEGIN
    UPDATE recipient
    SET owner = NULL, next_try = now(), state = CASE WHEN attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state
    WHERE owner = of_epoch;
    GET DIAGNOSTICS freed = ROW_COUNT;
    RETURN freed;
END
$$;

-- Takes an expired epoch out of force. No row when it was renewed or fenced by someone else meanwhile. After a restart of the server
-- every lease counts from the restart: nobody could renew while it was down. A session of that epoch that holds its lock for longer than
-- lock_timeout makes this fail with 55P03; the caller terminates it and tries again.
CREATE FUNCTION fence_epoch(asked bigint, by_node text)
    RETURNS TABLE (node_name text, recipients integer, overdue interval) LANGUAGE plpgsql VOLATILE SET lock_timeout = '1s' AS $$
DECLARE
    found_node node;
BEGIN
    -- One fencer is enough; the others need not wait while it frees the rows.
    IF NOT pg_try_advisory_xact_lock(17231, asked::integer) THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(17229, asked::integer);
    SELECT * INTO found_node FROM node WHERE epoch = asked AND fenced_at IS NULL AND left_at IS NULL FOR UPDATE;
    IF NOT FOUND
       OR found_node.alive_until >= clock_timestamp()
       OR pg_postmaster_start_time() + found_node.lease >= clock_timestamp() THEN
        RETURN;
    END IF;
    UPDATE node SET fenced_at = clock_timestamp(), fenced_by = by_node, member = false WHERE epoch = asked;
    node_name := found_node.name;
    -- A node that dies between the remote 250 and its own commit cannot say so: the next delivery of what it held is the one duplicate that cannot
    -- be avoided (P4, EX-DELIV-9). So the trace of each such mail is to explain its second copy. At most what one window holds.
    INSERT INTO event (node, kind, text, data)
    SELECT found_node.name, 'taken-over',
           format('Mail %s to %s was in the hands of %s when its lease ended, and goes on elsewhere: if it was just being sent it may reach its recipient twice',
                  coalesce(m.name, 'B' || lpad(m.id::text, greatest(10, length(m.id::text)), '0')), r.forward_path, found_node.name),
           jsonb_build_object('mail', r.mail_id, 'ordinal', r.ordinal, 'epoch', asked, 'by', by_node)
    FROM recipient r JOIN mail m ON m.id = r.mail_id WHERE r.owner = asked;
    recipients := free_recipients(asked);
    overdue := clock_timestamp() - found_node.alive_until;
    INSERT INTO event (node, kind, text, data)
    VALUES (node_name, 'node-fenced', format('%s took over %s recipients of %s', by_node, recipients, node_name),
            jsonb_build_object('epoch', asked, 'by', by_node, 'recipients', recipients));
    RETURN NEXT;
END
$$;

-- Clean stop: nothing of this epoch is in flight any more, or it is waited for here.
CREATE FUNCTION leave_epoch(asked bigint) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(17229, asked::integer);
    UPDATE node SET left_at = clock_timestamp(), member = false WHERE epoch = asked AND fenced_at IS NULL AND left_at IS NULL;
    RETURN free_recipients(asked);
END
$$;

-- Makes the daily partitions from today to today + ahead (UTC days). Safe to run at any time by several nodes; the default partitions take what
-- has no day yet, and its rows move when the day is made.
CREATE FUNCTION make_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    parent record;
    day date;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 1);
    FOR parent IN SELECT * FROM (VALUES ('history', 'ended_at'), ('attempt', 'at')) AS p (name, key) LOOP
        FOR day IN SELECT d::date FROM generate_series(0, ahead) AS n, LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date + n AS d) AS x LOOP
            child := parent.name || '_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent.name || '_default');
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent.name);
            EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent.name || '_default', parent.key, day || ' 00:00+00', parent.key, (day + 1) || ' 00:00+00', child);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)',
                parent.name, child, day || ' 00:00+00', (day + 1) || ' 00:00+00');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops days that ended more than keep days ago (LOG-17). Whole tables, so it costs no vacuum.
CREATE FUNCTION drop_partitions(keep integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    child record;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 1);
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('history'::regclass, 'attempt'::regclass)
          AND c.relname ~ '_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - keep
    LOOP
        EXECUTE format('DROP TABLE %I', child.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

SELECT make_partitions(7);
