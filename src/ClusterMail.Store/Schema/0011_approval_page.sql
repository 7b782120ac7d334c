-- The decision page and the commands by mail of approval. docs/decisions/0024 says why it looks like this.

-- Links to the page of one held mail, each of one approver (APPROVE-160). Only the hash is here: who reads the database opens no page.
CREATE TABLE approval_link (
    hash     bytea PRIMARY KEY CHECK (octet_length(hash) = 32),  -- SHA-256 of the random part
    hold_id  bigint NOT NULL,
    made_at  timestamptz NOT NULL DEFAULT now(),
    approver text NOT NULL                                       -- main address
);
CREATE INDEX approval_link_made ON approval_link USING brin (made_at);

-- What an answer to a command tells that stands nowhere else: the proxy before, why nothing was done. JSON; empty: nothing.
ALTER TABLE hold_job ADD COLUMN detail text NOT NULL DEFAULT '';
