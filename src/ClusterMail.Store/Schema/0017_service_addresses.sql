-- Service addresses (CLU-23, CLU-23a): who holds one is decided here, by this clock. The coordinator writes wishes; nodes take, renew and give back by one statement each.

CREATE TABLE service_address (
    address text COLLATE "C" PRIMARY KEY,                     -- in its usual form, without prefix
    wished  text[] NOT NULL DEFAULT '{}',                     -- nodes in the order in which they may take it; the first is the coordinator's wish
    pinned  text,                                             -- node an administrator moved it to; null: none
    holder  text,                                             -- null: nobody
    epoch   bigint,                                           -- of the holder
    turn    bigint NOT NULL DEFAULT 0,                        -- grows with each taking: what one holder gives back is not what the next one took
    until   timestamptz NOT NULL DEFAULT '-infinity',         -- end of the holder's lease
    since   timestamptz NOT NULL DEFAULT clock_timestamp(),   -- of the last change of holder, or of the row
    reason  text NOT NULL DEFAULT 'new'                       -- of that change
) WITH (fillfactor = 50);

-- What each node says of itself, twice a second while there are service addresses.
CREATE TABLE service_address_node (
    node        text COLLATE "C" PRIMARY KEY,
    epoch       bigint NOT NULL,
    smtp        text NOT NULL,                                -- address:port where the others look for its greeting; empty: nowhere
    ready       boolean NOT NULL,
    reason      text NOT NULL,                                -- why not; empty: ready
    ready_since timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    unable      text[] NOT NULL,                              -- addresses it cannot put on its interface
    silent      text[] NOT NULL                               -- nodes and addresses that gave it no greeting
) WITH (fillfactor = 50);
