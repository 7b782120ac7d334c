-- Accounts and aliases (chapters 05 and 04 A). Every node keeps them all in memory and asks for what has changed since the version it knows.

-- Grows with every change of the directory, in the transaction that makes it; the row's lock makes versions commit in their order, so that a
-- node that has seen version 7 has seen everything below it.
CREATE TABLE directory_version (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    version  bigint NOT NULL DEFAULT 0
) WITH (fillfactor = 50);
INSERT INTO directory_version DEFAULT VALUES;

CREATE FUNCTION next_directory_version() RETURNS bigint LANGUAGE sql VOLATILE AS
$$ UPDATE directory_version SET version = version + 1 RETURNING version $$;

-- A removed account stays for 30 days (ACCT-4); id is never used again, so its mailbox cannot become somebody else's.
CREATE TABLE account (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed        bigint NOT NULL,                           -- directory version of the last change
    box_limit      bigint NOT NULL DEFAULT 0 CHECK (box_limit >= 0),   -- octets; 0: the server's (QUOTA-1)
    created_at     timestamptz NOT NULL DEFAULT now(),
    changed_at     timestamptz NOT NULL DEFAULT now(),
    removed_at     timestamptz,
    password_at    timestamptz,                               -- when the password was set; null: there is none
    smtp_auth      boolean NOT NULL DEFAULT true,
    apop           boolean NOT NULL DEFAULT false,
    pop3           boolean NOT NULL DEFAULT true,
    imap4          boolean NOT NULL DEFAULT true,
    suspended      boolean NOT NULL DEFAULT false,            -- ACCT-4
    smtp_disabled  boolean NOT NULL DEFAULT false,            -- ACCT-14
    changed_by     text NOT NULL DEFAULT '',                  -- who made the last change
    domain         text COLLATE "C" NOT NULL,                 -- lower case, A-labels
    name           text NOT NULL,                             -- local part as written
    full_name      text NOT NULL DEFAULT '',
    home           text NOT NULL DEFAULT '',                  -- import and export only (STORE-3)
    delivery       text NOT NULL DEFAULT '',                  -- '': as the domain says; 'store'; 'lmtp:host:port'
    hours          text NOT NULL DEFAULT '',                  -- UTIME-3
    destinations   text NOT NULL DEFAULT '',                  -- sender.dat (05 G)
    relay_rules    text NOT NULL DEFAULT '',                  -- effect.dat (RELAY-40)
    password_hash  text,                                      -- Argon2id, PHC string; null: no password, no login
    scram          text,                                      -- RFC 5803: SCRAM-SHA-256$iterations:salt$StoredKey:ServerKey
    recoverable    bytea                                      -- encrypted password, only with compat.auth.recoverable_store
);
CREATE UNIQUE INDEX account_address ON account (domain, lower(name)) WHERE removed_at IS NULL;
CREATE INDEX account_changed ON account (changed);
CREATE INDEX account_removed ON account (removed_at) WHERE removed_at IS NOT NULL;

CREATE TABLE alias (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    changed    bigint NOT NULL,
    changed_at timestamptz NOT NULL DEFAULT now(),
    removed_at timestamptz,
    mode       smallint NOT NULL DEFAULT 0,                   -- AliasMode
    changed_by text NOT NULL DEFAULT '',
    domain     text COLLATE "C" NOT NULL,                     -- of the alias; lower case, A-labels
    name       text NOT NULL,                                 -- its local part as written; may hold *
    real       text NOT NULL                                  -- local@domain as written
);
CREATE UNIQUE INDEX alias_name ON alias (domain, lower(name)) WHERE removed_at IS NULL;
CREATE INDEX alias_changed ON alias (changed);
CREATE INDEX alias_removed ON alias (removed_at) WHERE removed_at IS NOT NULL;

-- Unknown outside: from it come the answers to logins under names that do not exist, the same on every node.
CREATE TABLE login_secret (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    secret   bytea NOT NULL DEFAULT uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
);
INSERT INTO login_secret DEFAULT VALUES;
