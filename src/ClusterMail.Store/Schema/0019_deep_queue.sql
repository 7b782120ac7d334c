-- Whether anything is due at all, and where: by the first entries of this index, however much waits for later.
CREATE INDEX recipient_next ON recipient (next_try) WHERE state IN ('queued', 'waiting');
-- How many an administrator holds at one destination, without a look at all that wait.
CREATE INDEX recipient_held ON recipient (destination) WHERE state = 'held';

-- Destinations with something due, at most wanted of them, none that is down and none in skip. The due that have waited longest say where they go; when those
-- are all that is due, the answer is complete. Else there may be others behind them: the index is walked from one destination to the next (a loose index scan), on
-- from after and round again from the start, and says where to go on after at most steps destinations; after few where the longest due have
-- given something, because whoever was given something asks again at once.
CREATE OR REPLACE FUNCTION due_destinations(after text, wanted integer, steps integer, skip text[], OUT keys text[], OUT stopped_at text)
    LANGUAGE plpgsql STABLE AS $$
DECLARE
    looked_at CONSTANT integer := 1000;
    few CONSTANT integer := 1000;
    seen integer;
    longest_due text[];
    found_key text;
    first_try timestamptz;
    wrapped boolean := after = '';
BEGIN
    SELECT count(*), coalesce(array_agg(DISTINCT due.destination), '{}') INTO seen, longest_due
    FROM (SELECT r.destination FROM recipient r WHERE r.state IN ('queued', 'waiting') AND r.next_try <= now() ORDER BY r.next_try LIMIT looked_at) AS due;
    keys := ARRAY(
        SELECT k FROM unnest(longest_due) AS k
        WHERE k <> ALL (skip) AND NOT EXISTS (SELECT FROM destination d WHERE d.key = k COLLATE "C" AND d.down_until > now())
        ORDER BY k COLLATE "C" <= after, k COLLATE "C" LIMIT wanted);
    IF seen < looked_at THEN
        stopped_at := CASE WHEN cardinality(keys) < wanted THEN '' ELSE keys[wanted] END;
        RETURN;
    END IF;
    stopped_at := after;
    FOR step IN 1..CASE WHEN cardinality(keys) > 0 THEN least(steps, few) ELSE steps END LOOP
        EXIT WHEN cardinality(keys) >= wanted;
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
        IF first_try <= now() AND found_key <> ALL (skip) AND found_key <> ALL (keys)
           AND NOT EXISTS (SELECT FROM destination d WHERE d.key = found_key AND d.down_until > now()) THEN
            keys := keys || found_key;
        END IF;
    END LOOP;
END
$$;
