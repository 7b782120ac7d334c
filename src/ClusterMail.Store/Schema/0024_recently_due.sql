-- How far back a claim looks. Entries of rows that have left stay in the indexes until they are cleaned away, which an open snapshot prevents, and the oldest stand first:
-- whoever looks every second walks through all of them. So a node mostly asks for what became due within the last minute, and for everything only now and then.

-- As with four parameters, but only what became due within the given time, if one is given and whole is false.
-- Where much became due within the given time it looks at everything, because one of 1000 rows says little about the rest.
CREATE FUNCTION due_destinations(after text, wanted integer, steps integer, skip text[], within interval, OUT keys text[], OUT stopped_at text, OUT whole boolean)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    looked_at CONSTANT integer := 1000;
    recently_due text[];
    seen integer;
BEGIN
    IF within IS NOT NULL THEN
        SELECT count(*), coalesce(array_agg(DISTINCT due.destination), '{}') INTO seen, recently_due
        FROM (SELECT r.destination FROM recipient r
              WHERE r.state IN ('queued', 'waiting') AND r.next_try > now() - within AND r.next_try <= now()
              ORDER BY r.next_try LIMIT looked_at) AS due;
        IF seen < looked_at THEN
            keys := ARRAY(
                SELECT k FROM unnest(recently_due) AS k
                WHERE k <> ALL (skip) AND NOT EXISTS (SELECT FROM destination d WHERE d.key = k COLLATE "C" AND d.down_until > now())
                ORDER BY k COLLATE "C" <= after, k COLLATE "C" LIMIT wanted);
            stopped_at := CASE WHEN cardinality(keys) < wanted THEN after ELSE keys[wanted] END;
            whole := false;
            RETURN;
        END IF;
    END IF;
    whole := true;
    SELECT d.keys, d.stopped_at INTO keys, stopped_at FROM due_destinations(after, wanted, steps, skip) AS d;
END
$$;

-- What is freed stays due since when it was due (P3), which may be long ago: nodes are told to look at everything.
CREATE OR REPLACE FUNCTION free_recipients(of_epoch bigint) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    freed integer;
BEGIN
    UPDATE recipient
    SET owner = NULL, next_try = least(next_try, now()), state = CASE WHEN attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state
    WHERE owner = of_epoch;
    GET DIAGNOSTICS freed = ROW_COUNT;
    IF freed > 0 THEN
        UPDATE wake_up SET counter = counter + 1;
    END IF;
    RETURN freed;
END
$$;
