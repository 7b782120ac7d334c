-- Contents sealed at rest (DELIV-11, CONF-7): by which key, so that each content is read in the form it was stored with. Null: as it is.
--
-- A column without a default is added without touching a row. Pieces (mail_chunk, mailbox_piece) have the key of the content they belong to; a content goes from the
-- queue into mailboxes in the form it has.

ALTER TABLE mail ADD COLUMN sealed_with text;                  -- name of the key
ALTER TABLE mailbox_content ADD COLUMN sealed_with text;

-- Which keys are still needed, without reading every mailbox. Empty while nothing is sealed.
CREATE INDEX mailbox_content_sealed ON mailbox_content (sealed_with) WHERE sealed_with IS NOT NULL;
