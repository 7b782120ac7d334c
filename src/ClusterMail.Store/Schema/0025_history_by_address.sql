-- History by address is asked for by 'trace' alone, while two entries of trees were written for each recipient: some 150 octets of WAL, at a random place of an index that
-- grows by the mail of three months, each of them a page of 8 KB after a checkpoint. A block range has a filter instead, made once when the range is full; a search reads all
-- filters, four octets for each row, and the ranges that may have the address. Reads the whole history once, and outcomes wait meanwhile, as with 0022.
DROP INDEX history_forward, history_reverse;
CREATE INDEX history_address ON history
    USING brin (lower(forward_path) text_bloom_ops (false_positive_rate = 0.001), lower(reverse_path) text_bloom_ops (false_positive_rate = 0.001))
    WITH (pages_per_range = 32, autosummarize = on);
