-- History by address is asked for by whole addresses only, so its trees need not hold them: a hash of eight octets leads to the rows, and the address in the row judges (decision 40).
-- Days that are over get no rows any more: their indexes are built while nodes work, and those that 0026 makes for all days take them over. A file of its own, so that a switch
-- that has to be tried again does not build these again.
SELECT pg_advisory_xact_lock(17230, 1);                        -- nobody makes or drops days meanwhile
DO $$
DECLARE
    child regclass;
BEGIN
    FOR child IN
        SELECT c.oid::regclass FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
        WHERE i.inhparent = 'history'::regclass AND c.relname ~ '_[0-9]{8}$' AND right(c.relname, 8) < to_char(now() AT TIME ZONE 'UTC', 'YYYYMMDD')
    LOOP
        EXECUTE format('CREATE INDEX ON %s (hashtextextended(lower(forward_path), 0))', child);
        EXECUTE format('CREATE INDEX ON %s (hashtextextended(lower(reverse_path), 0))', child);
    END LOOP;
END
$$;
