-- Frees everything an epoch owns: due since when it was due, 'waiting' when it was tried before. It had its turn once already: what came later and piled up while
-- its node was dead does not go before it (P3).
CREATE OR REPLACE FUNCTION free_recipients(of_epoch bigint) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    freed integer;
BEGIN
    UPDATE recipient
    SET owner = NULL, next_try = least(next_try, now()), state = CASE WHEN attempt = 0 THEN 'queued' ELSE 'waiting' END::recipient_state
    WHERE owner = of_epoch;
    GET DIAGNOSTICS freed = ROW_COUNT;
    RETURN freed;
END
$$;
