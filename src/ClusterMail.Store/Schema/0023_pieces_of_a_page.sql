-- A value above 2 KB is moved out of its row in pieces of 2 KB, each a row with an entry of an index. Contents now come in pieces that fill a page, and stay in their rows:
-- compressed where that makes them smaller, moved out only where they are longer than a page, as those of large mails are. What is stored already stays as it is.
ALTER TABLE mail_chunk ALTER COLUMN data SET STORAGE main;
ALTER TABLE mail_chunk SET (autovacuum_vacuum_threshold = 5000);
-- Pieces go from the queue into mailboxes as they are.
ALTER TABLE mailbox_piece ALTER COLUMN data SET STORAGE main;
