-- What came out of files of the original, so that an import that is run again, or was broken off, changes nothing it has done already (ADMIN-52, QUEUE-7).

-- A message stays here when its owner removes it: a second run must not bring it back. Goes with the mailbox.
CREATE TABLE imported_message (
    account_id bigint NOT NULL,
    folder     text COLLATE "C" NOT NULL,
    content    bytea NOT NULL,                                -- SHA-256 of the file
    PRIMARY KEY (account_id, folder, content)
);

CREATE TABLE imported_mail (
    pair    bytea PRIMARY KEY,                                -- SHA-256 of envelope and content
    mail_id bigint NOT NULL,                                  -- the number it got here
    at      timestamptz NOT NULL DEFAULT now()
);
