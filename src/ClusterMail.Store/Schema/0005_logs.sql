-- Who connected, what was accepted in which session, and what was refused (chapter 08). Append only, by UTC days, dropped whole (LOG-17). Written in
-- batches beside the mail, never with it: losing a row here never loses a mail (ADMIN-56).

-- acceptlog (LOG-1). Two narrow kinds of rows: a connect, and the session a mail came in by; what else acceptlog prints of a mail is in mail and history.
CREATE TABLE session_log (
    at             timestamptz NOT NULL,                      -- the node's clock
    connected_at   timestamptz,                               -- null: this row is the connect
    mail_id        bigint,                                    -- null: this row is the connect
    local_port     integer NOT NULL,
    node           text NOT NULL,
    session        text NOT NULL,
    client_address text NOT NULL
) PARTITION BY RANGE (at);
-- Rows come in the order of their time, and nobody asks for one without it: a block range index costs next to nothing for each row. Summarised as it
-- grows, or the youngest part of a day, which is asked for most, would be read whole.
CREATE INDEX session_log_at ON session_log USING brin (at) WITH (pages_per_range = 8, autosummarize = on);
CREATE TABLE session_log_default PARTITION OF session_log DEFAULT;

-- Transactions that were refused, wholly or in part, or broken off, and the dialogues receivelog wants (LOG-3, LOG-21). Off the path of mail that passes.
CREATE TABLE receive_log (
    at             timestamptz NOT NULL,                      -- its end, by the node's clock
    connected_at   timestamptz NOT NULL,
    mail_id        bigint,                                    -- null: refused before DATA (LOG-14)
    local_port     integer NOT NULL,
    kind           smallint NOT NULL,                         -- TransactionEnd
    node           text NOT NULL,
    session        text NOT NULL,
    client_address text NOT NULL,
    helo           text NOT NULL,
    reverse_path   text,                                      -- null: no MAIL was said
    recipients     text[] NOT NULL,
    reply          text NOT NULL,
    rule           text NOT NULL,
    dialogue       text[] NOT NULL                            -- milliseconds since connected_at, a blank, the line
) PARTITION BY RANGE (at);
CREATE INDEX receive_log_at ON receive_log (at);
CREATE INDEX receive_log_mail ON receive_log (mail_id) WHERE mail_id IS NOT NULL;
-- LOG-14: what has no number is found by time and address.
CREATE INDEX receive_log_client ON receive_log (client_address);
CREATE INDEX receive_log_sender ON receive_log (lower(reverse_path));
CREATE INDEX receive_log_recipients ON receive_log USING gin (recipients);
CREATE TABLE receive_log_default PARTITION OF receive_log DEFAULT;

-- MSGID-5: derived mails are found by the beginning of their printed name. An ordinary mail has none and pays nothing.
CREATE INDEX history_name ON history (name text_pattern_ops) WHERE name IS NOT NULL;
CREATE INDEX mail_name ON mail (name text_pattern_ops) WHERE name IS NOT NULL;

-- Makes the daily partitions of the logs from today to today + ahead (UTC days). Safe to run at any time by several nodes.
CREATE FUNCTION make_log_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    parent text;
    day date;
    child text;
    made integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 1);
    FOREACH parent IN ARRAY ARRAY['session_log', 'receive_log'] LOOP
        FOR n IN 0..ahead LOOP
            day := (now() AT TIME ZONE 'UTC')::date + n;
            child := parent || '_' || to_char(day, 'YYYYMMDD');
            CONTINUE WHEN to_regclass(child) IS NOT NULL;
            EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
            EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING ALL)', child, parent);
            EXECUTE format('WITH moved AS (DELETE FROM %I WHERE at >= %L AND at < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
                parent || '_default', day || ' 00:00+00', (day + 1) || ' 00:00+00', child);
            EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, child, day || ' 00:00+00', (day + 1) || ' 00:00+00');
            made := made + 1;
        END LOOP;
    END LOOP;
    RETURN made;
END
$$;

-- Drops days that ended more than keep days ago (LOG-17).
CREATE FUNCTION drop_log_partitions(keep integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    child record;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 1);
    FOR child IN
        SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('session_log'::regclass, 'receive_log'::regclass)
          AND c.relname ~ '_[0-9]{8}$'
          AND to_date(right(c.relname, 8), 'YYYYMMDD') < (now() AT TIME ZONE 'UTC')::date - keep
    LOOP
        EXECUTE format('DROP TABLE %I', child.relname);
        dropped := dropped + 1;
    END LOOP;
    RETURN dropped;
END
$$;

SELECT make_log_partitions(7);

-- MSGID-3: numbers up to here are given to no mail any more, though some node may still have them in its block.
CREATE TABLE number_floor (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    number   bigint NOT NULL DEFAULT 0
);
INSERT INTO number_floor DEFAULT VALUES;

-- Raises the counter and answers the last number given out before; wanted at or below it changes nothing. Nodes see wake_up with their next renewal.
CREATE FUNCTION raise_numbers(wanted bigint) RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    last_number bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 3);
    SELECT CASE WHEN is_called THEN last_value ELSE last_value - 1 END INTO last_number FROM mail_number;
    IF wanted > last_number THEN
        PERFORM setval('mail_number', wanted);
        UPDATE number_floor SET number = wanted;
        UPDATE wake_up SET counter = counter + 1;
    END IF;
    RETURN last_number;
END
$$;
