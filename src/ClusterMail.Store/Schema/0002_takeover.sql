-- A node that dies between the remote 250 and its own commit cannot say so: the next delivery of what it held is the one duplicate that cannot
-- be avoided (P4, EX-DELIV-9). So whoever takes over writes it down for each recipient, in the transaction that frees them, and the trace of a
-- mail explains its second copy. One statement over the index on owner; at most what one window holds.
CREATE OR REPLACE FUNCTION fence_epoch(asked bigint, by_node text)
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
