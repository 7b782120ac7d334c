-- Contents that are still there: how much they take is asked before more is held (APPROVE-75), and which of them may go once a minute (APPROVE-74). What was held
-- in seven years stays in held_mail without its content, so neither may read it all.
CREATE INDEX held_mail_kept ON held_mail (received_at) INCLUDE (size) WHERE dropped_at IS NULL;
