-- A database that was put back from a backup does not know what was sent after the backup was made. What waited in it then must not go out by itself (P4), and what approvers
-- decide anew must not either (APPROVE-81): both are stopped until somebody who can look at what was kept outside says so ('clustermail db restored').

-- Where the database lives: server and database, as a dump carries it to another one. Null: no node of this version has registered yet.
ALTER TABLE farm ADD COLUMN home text;

-- One row for each restore that was noticed or told. At most one is open.
CREATE TABLE database_restore (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    noticed_at timestamptz NOT NULL DEFAULT now(),
    noticed_by text NOT NULL,                                  -- a node, or who typed it
    reason     text NOT NULL,
    last_hold  bigint NOT NULL,                                -- groups of held mail up to here were there: no job of theirs is done
    last_job   bigint NOT NULL,                                -- the same for jobs of no group
    stopped    bigint NOT NULL,                                -- recipients
    ended_at   timestamptz,
    ended_by   text
);
CREATE UNIQUE INDEX database_restore_open ON database_restore ((true)) WHERE ended_at IS NULL;

-- What was stopped and is still in the queue: 'held' there, as what an administrator holds, but known from it.
CREATE TABLE restored_recipient (
    mail_id bigint NOT NULL,
    ordinal smallint NOT NULL,
    PRIMARY KEY (mail_id, ordinal)
);

-- Null where the role may not ask.
CREATE FUNCTION database_home() RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT format('%s/%s', c.system_identifier, d.oid) FROM pg_control_system() c, pg_database d WHERE d.datname = current_database());
EXCEPTION WHEN insufficient_privilege THEN
    RETURN NULL;
END
$$;

-- Stops what waits, unless that has been done; answers whether it did. What a living node has in its hands goes on: it was claimed after the restore. What goes into mailboxes here
-- goes on too: the mailboxes are as old as the queue. Numbers and epochs leave room for what was given out after the backup, or two would work under one; its_epoch and its_number are
-- what the one who noticed remembers, null: nothing.
CREATE FUNCTION stop_restored(by_whom text, why text, its_epoch bigint, its_number bigint) RETURNS boolean LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    halted bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 7);
    UPDATE farm SET home = database_home();
    PERFORM setval('node_epoch', greatest((SELECT last_value FROM node_epoch), its_epoch));
    PERFORM raise_numbers(greatest((SELECT last_value FROM mail_number), its_number));
    IF EXISTS (SELECT FROM database_restore WHERE ended_at IS NULL) THEN
        RETURN false;
    END IF;
    PERFORM setval('node_epoch', (SELECT last_value FROM node_epoch) + 1000);
    PERFORM raise_numbers((SELECT last_value FROM mail_number) + 1000000);
    WITH stopped AS (
        UPDATE recipient r SET owner = NULL, state = 'held'
        WHERE r.state <> 'held' AND r.destination <> '[local]'
          AND NOT EXISTS (SELECT FROM node n WHERE n.epoch = r.owner AND n.fenced_at IS NULL AND n.left_at IS NULL AND n.alive_until >= clock_timestamp())
        RETURNING r.mail_id, r.ordinal),
    noted AS (INSERT INTO restored_recipient (mail_id, ordinal) SELECT mail_id, ordinal FROM stopped ON CONFLICT DO NOTHING)
    SELECT count(*) INTO halted FROM stopped;
    INSERT INTO database_restore (noticed_by, reason, last_hold, last_job, stopped)
    VALUES (by_whom, why, (SELECT coalesce(max(id), 0) FROM hold), (SELECT coalesce(max(id), 0) FROM hold_job), halted);
    INSERT INTO event (node, kind, text, data)
    VALUES (by_whom, 'database-restored',
            format('The database was put back from a backup: %s. %s recipients that waited in it, and what approval had to do, are stopped until ''clustermail db restored release'' is typed', why, halted),
            jsonb_build_object('recipients', halted));
    RETURN true;
END
$$;

-- Asked by each node before it registers. What it remembers is what the database answered to its last renewal: the database must know at least that. Ten seconds are forgiven,
-- which a standby without synchronous replication may be behind when it becomes the primary. Answers why the database is a restored one; null: it is not.
CREATE FUNCTION notice_restore(by_node text, of_farm uuid, its_epoch bigint, was_alive_until timestamptz) RETURNS text LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    here text := database_home();
    before text;
    last_epoch bigint;
    known_until timestamptz;
BEGIN
    UPDATE farm SET home = here WHERE home IS NULL AND here IS NOT NULL;
    SELECT home INTO before FROM farm;
    IF here <> before THEN
        RETURN 'it lives on another server, or as another database there, than it did';
    END IF;
    IF of_farm = (SELECT id FROM farm) THEN
        SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END INTO last_epoch FROM node_epoch;
        SELECT alive_until INTO known_until FROM node WHERE epoch = its_epoch;
        IF last_epoch < its_epoch THEN
            RETURN format('%s worked under epoch %s, and it has given out %s', by_node, its_epoch, last_epoch);
        ELSIF known_until < was_alive_until - interval '10 seconds' THEN
            RETURN format('%s had its lease renewed until %s, and it knows of %s', by_node, to_char(was_alive_until, 'YYYY-MM-DD HH24:MI:SSOF'), to_char(known_until, 'YYYY-MM-DD HH24:MI:SSOF'));
        END IF;
    END IF;
    RETURN NULL;
END
$$;

-- Takes out of the queue what these lines of logs show as sent: a mail that is stopped, by the number the logs print (that of a derived mail has a suffix), and the address of a
-- recipient of it, whole and without case; twice where it is the sender's too, which the line of another recipient has. Answers the mail of each recipient that was taken out.
CREATE FUNCTION take_out_sent(lines text[], by_whom text) RETURNS SETOF bigint LANGUAGE sql VOLATILE AS $$
    WITH said AS MATERIALIZED (
        SELECT DISTINCT found[1] AS name, ' ' || translate(lower(line), '<>=,;"', '      ') || ' ' AS line
        FROM unnest(lines) AS line, regexp_matches(line, '\m(B[0-9]{10,18}(?:-[A-Z][0-9]+)*)', 'g') AS found),
    meant AS MATERIALIZED (
        SELECT m.id, m.reverse_path, s.line FROM said s JOIN mail m ON m.id = substring(s.name FROM '^B([0-9]+)$')::bigint AND m.name IS NULL
        UNION SELECT m.id, m.reverse_path, s.line FROM said s JOIN mail m ON m.name = s.name),
    gone AS (
        DELETE FROM recipient r USING meant s, restored_recipient k
        WHERE r.mail_id = s.id AND k.mail_id = r.mail_id AND k.ordinal = r.ordinal AND r.state = 'held' AND cardinality(string_to_array(s.line, ' ' || translate(lower(r.forward_path), '<>=,;"', '      ') || ' '))
              > CASE WHEN lower(r.forward_path) = lower(s.reverse_path) THEN 2 ELSE 1 END
        RETURNING r.*),
    forgotten AS (DELETE FROM restored_recipient k USING gone g WHERE k.mail_id = g.mail_id AND k.ordinal = g.ordinal),
    kept AS (
        INSERT INTO history (mail_id, ordinal, name, accepted_at, started_at, size, attempts, class, outcome, node, accepted_node,
                             reverse_path, forward_path, destination, reply, client_address, local_port, helo, accepted_tls, auth)
        SELECT g.mail_id, g.ordinal, m.name, m.accepted_at, g.started_at, m.size, g.attempt, g.class, 'deleted', '', m.node,
               m.reverse_path, g.forward_path, g.destination, 'sent before the database was put back, by a log given by ' || by_whom, m.client_address, m.local_port, m.helo, m.tls, m.auth
        FROM gone g JOIN mail m ON m.id = g.mail_id)
    SELECT g.mail_id FROM gone g
$$;

-- Whether this epoch (null: anybody) has renewed since the server started: a renewal is what notices a restore, and a lease may outlive a short one. Until then nothing that waits is
-- taken.
CREATE FUNCTION renewed_since_start(asked bigint) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT EXISTS (SELECT FROM node n WHERE (asked IS NULL OR n.epoch = asked) AND n.fenced_at IS NULL AND n.left_at IS NULL AND n.alive_until - n.lease >= pg_postmaster_start_time())
$$;
