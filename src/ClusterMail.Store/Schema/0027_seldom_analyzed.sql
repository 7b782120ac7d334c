-- History is looked into by whole keys and by time, so the planner has little to learn from a sample of it. But a sample is up to 30,000 rows, and PostgreSQL takes another when a table has
-- grown by a tenth, which a young day under load does between any two looks of autovacuum. These are taken at 50,000 rows and at each quarter more.
CREATE OR REPLACE FUNCTION make_partitions(ahead integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
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
            EXECUTE format('ALTER TABLE %I SET (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.25)', child);
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

DO $$
DECLARE
    child regclass;
BEGIN
    PERFORM pg_advisory_xact_lock(17230, 1);                   -- nobody makes or drops days meanwhile
    FOR child IN
        SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent IN ('history'::regclass, 'attempt'::regclass) AND c.relname ~ '_[0-9]{8}$'
    LOOP
        EXECUTE format('ALTER TABLE %s SET (autovacuum_analyze_threshold = 50000, autovacuum_analyze_scale_factor = 0.25)', child);
    END LOOP;
END
$$;
