-- Mailboxes (chapter 05 D, DELIV-10): folders and messages as IMAP will want them (UIDs, flags, modification sequences), content once for each mail.
--
-- Locks are taken in one order by everybody: mailbox rows by account, then content rows by number. Folder and message rows are only touched by whoever holds the
-- lock on their mailbox.

-- RFC 9051 2.3.1.1: 32 bits, ascending; one sequence for all, so a folder made again never gets the value of the one before.
CREATE SEQUENCE mailbox_validity AS bigint MAXVALUE 4294967295;

-- One row for each account that ever had mail (ACCT-3). Usage is kept by the transactions that change it, never counted (QUOTA-2).
-- No foreign key to account: mail for one just removed must not fail the commit it travels in; the reaper comes by.
CREATE TABLE mailbox (
    account_id bigint PRIMARY KEY,
    octets     bigint NOT NULL DEFAULT 0,
    messages   bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE mailbox_folder (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    account_id   bigint NOT NULL REFERENCES mailbox (account_id),
    uid_validity bigint NOT NULL DEFAULT nextval('mailbox_validity'),
    uid_next     bigint NOT NULL DEFAULT 1,
    mod_seq      bigint NOT NULL DEFAULT 1,                   -- the highest in use (RFC 7162)
    octets       bigint NOT NULL DEFAULT 0,
    messages     bigint NOT NULL DEFAULT 0,
    name         text COLLATE "C" NOT NULL,                   -- UTF-8, levels separated by /; INBOX in capitals
    UNIQUE (account_id, name)
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0);

-- Content shared by the messages made of one mail; its number is the mail's. Gone with the last of them.
CREATE TABLE mailbox_content (
    id       bigint PRIMARY KEY,
    messages bigint NOT NULL CHECK (messages >= 0),
    added    bigint NOT NULL,                                 -- of them those of the delivery that came last
    size     bigint NOT NULL                                  -- octets
) WITH (fillfactor = 90);

-- Only the transaction that takes the last message away ever sees one.
CREATE INDEX mailbox_content_unused ON mailbox_content (id) WHERE messages = 0;

-- Content of ordinary size is one piece, 0; larger ones are pieces of 256 KiB. Never updated.
CREATE TABLE mailbox_piece (
    content_id bigint NOT NULL,
    seq        integer NOT NULL,
    data       bytea NOT NULL,
    PRIMARY KEY (content_id, seq)
);

CREATE TABLE mailbox_message (
    folder_id     bigint NOT NULL,
    uid           bigint NOT NULL,
    mod_seq       bigint NOT NULL,
    content_id    bigint NOT NULL,
    size          bigint NOT NULL,                            -- octets, prefix and content: what counts for quota
    internal_date timestamptz NOT NULL DEFAULT now(),
    flags         smallint NOT NULL DEFAULT 0,                -- MessageFlags
    keywords      text[] NOT NULL DEFAULT '{}',
    reverse_path  text NOT NULL,
    recipient     text NOT NULL,                              -- envelope recipient as kept (ALIAS-4)
    prefix        text NOT NULL,                              -- header lines in front of the content, CRLF: Return-Path (HDR-5)
    PRIMARY KEY (folder_id, uid)
);

DO $$
BEGIN
    ALTER TABLE mailbox_piece ALTER COLUMN data SET COMPRESSION lz4;
EXCEPTION WHEN feature_not_supported THEN
    NULL;
END
$$;

-- Removes up to wanted messages of an account and what only they held; the mailbox itself with the last of them. Answers how many it removed.
CREATE FUNCTION purge_mailbox(asked bigint, wanted integer) RETURNS integer LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    removed integer;
BEGIN
    PERFORM FROM mailbox WHERE account_id = asked FOR UPDATE;
    IF NOT FOUND THEN
        RETURN 0;
    END IF;
    WITH doomed AS (
        SELECT m.folder_id, m.uid FROM mailbox_folder f JOIN mailbox_message m ON m.folder_id = f.id
        WHERE f.account_id = asked ORDER BY m.folder_id, m.uid LIMIT wanted),
    gone AS (
        DELETE FROM mailbox_message m USING doomed d WHERE m.folder_id = d.folder_id AND m.uid = d.uid
        RETURNING m.folder_id, m.content_id, m.size),
    folders AS (
        UPDATE mailbox_folder f SET octets = f.octets - g.octets, messages = f.messages - g.messages, mod_seq = f.mod_seq + 1
        FROM (SELECT folder_id, sum(size) AS octets, count(*) AS messages FROM gone GROUP BY folder_id) AS g WHERE f.id = g.folder_id),
    boxes AS (
        UPDATE mailbox b SET octets = b.octets - g.octets, messages = b.messages - g.messages
        FROM (SELECT coalesce(sum(size), 0) AS octets, count(*) AS messages FROM gone) AS g WHERE b.account_id = asked),
    shares AS (SELECT content_id, count(*) AS messages FROM gone GROUP BY content_id),
    locked AS MATERIALIZED (
        SELECT c.id, s.messages FROM shares s JOIN mailbox_content c ON c.id = s.content_id ORDER BY c.id FOR UPDATE OF c),
    released AS (
        UPDATE mailbox_content c SET messages = c.messages - l.messages FROM locked l WHERE c.id = l.id)
    SELECT count(*) INTO removed FROM gone;
    WITH empty AS (
        DELETE FROM mailbox_content WHERE messages = 0 RETURNING id)
    DELETE FROM mailbox_piece p USING empty e WHERE p.content_id = e.id;
    IF removed < wanted THEN
        DELETE FROM mailbox_folder WHERE account_id = asked;
        DELETE FROM mailbox WHERE account_id = asked;
    END IF;
    RETURN removed;
END
$$;

-- MXC-5: what an administrator wants forgotten on every node. A node reads what is newer than the last it knows with each renewal of its lease; a row is
-- of no use once every node has had the time to.
CREATE TABLE route_cache_drop (
    id     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at     timestamptz NOT NULL DEFAULT now(),
    domain text                                                -- null: all
);
