-- Rows of history come in the order of their end, which is all a block range index needs: a log reads the blocks of its span and sorts them, as it does by
-- acceptance. An entry of the tree was 65 octets of WAL for each recipient, a twentieth of all that a small mail costs. Reads the whole history once, and
-- outcomes wait meanwhile: some seconds for each gigabyte of it.
DROP INDEX history_ended;
CREATE INDEX history_ended ON history USING brin (ended_at) WITH (pages_per_range = 32, autosummarize = on);
