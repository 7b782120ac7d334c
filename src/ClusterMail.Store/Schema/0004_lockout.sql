-- Addresses locked out (chapter 01 J) and denied by filters (RELAY-50, RELAY-51). Nodes count in their own memory and exchange once a second.

CREATE TABLE lockout_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL DEFAULT 0                        -- grows with every change of lockout and client_deny
) WITH (fillfactor = 50);
INSERT INTO lockout_version DEFAULT VALUES;

-- Counts of all nodes together, in slices of 10 s. Not logged: after a crash of the database counting begins anew, locks stay.
CREATE UNLOGGED TABLE lockout_count (
    kind    smallint NOT NULL,                                -- 0 connections, 1 failed AUTH
    address text COLLATE "C" NOT NULL,
    slice   bigint NOT NULL,
    count   integer NOT NULL,
    PRIMARY KEY (kind, address, slice)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.1);
CREATE INDEX lockout_count_slice ON lockout_count (slice);

CREATE TABLE lockout (
    kind    smallint NOT NULL,
    address text COLLATE "C" NOT NULL,                        -- IPv4 address, or IPv6 network of 64 bits
    since   timestamptz NOT NULL DEFAULT clock_timestamp(),
    until   timestamptz NOT NULL,
    count   integer NOT NULL,
    node    text NOT NULL,                                    -- that found it
    PRIMARY KEY (kind, address)
);

CREATE TABLE client_deny (
    address  text COLLATE "C" PRIMARY KEY,
    filter   text NOT NULL,
    added_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    until    timestamptz                                      -- null: never ends
);

CREATE FUNCTION bump_lockout() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ UPDATE lockout_version SET version = version + 1 RETURNING version $$;

-- Adds a node's counts and locks out whoever is over the limit by the sum of all nodes. p_limit, p_window, p_block: by kind, from 1; seconds.
CREATE FUNCTION exchange_lockout(
    p_node text, p_kind smallint[], p_address text[], p_count integer[], p_over boolean[], p_limit integer[], p_window integer[], p_block integer[])
RETURNS bigint LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    now_slice bigint := floor(extract(epoch FROM clock_timestamp()) / 10);
    locked integer;
BEGIN
    -- In one order on every node: two that meet must not wait for each other crosswise.
    INSERT INTO lockout_count AS c (kind, address, slice, count)
    SELECT k, a, now_slice, n FROM unnest(p_kind, p_address, p_count) AS t(k, a, n) ORDER BY k, a
    ON CONFLICT (kind, address, slice) DO UPDATE SET count = c.count + excluded.count;

    WITH told AS (SELECT k, a, o FROM unnest(p_kind, p_address, p_over) AS t(k, a, o)),
    total AS (
        SELECT told.k, told.a, bool_or(told.o) AS o, sum(c.count) AS n
        FROM told JOIN lockout_count c ON c.kind = told.k AND c.address = told.a AND c.slice > now_slice - ceil(p_window[told.k + 1] / 10.0)
        GROUP BY told.k, told.a)
    INSERT INTO lockout AS l (kind, address, until, count, node)
    SELECT k, a, clock_timestamp() + make_interval(secs => p_block[k + 1]), n, p_node FROM total
    WHERE o OR (p_limit[k + 1] > 0 AND n > p_limit[k + 1]) ORDER BY k, a
    ON CONFLICT (kind, address) DO UPDATE SET since = clock_timestamp(), until = excluded.until, count = excluded.count, node = excluded.node
    WHERE l.until <= clock_timestamp();
    GET DIAGNOSTICS locked = ROW_COUNT;

    IF random() < 0.02 THEN
        DELETE FROM lockout_count WHERE slice < now_slice - greatest(p_window[1], p_window[2]) / 10 - 1;
        DELETE FROM lockout WHERE until < clock_timestamp() - interval '1 hour';
        DELETE FROM client_deny WHERE until < clock_timestamp();
    END IF;
    IF locked > 0 THEN
        RETURN bump_lockout();
    END IF;
    RETURN (SELECT version FROM lockout_version);
END $$;
