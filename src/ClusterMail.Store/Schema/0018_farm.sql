-- Which farm a database belongs to, and as what: with several databases (docs/scaling.md) each but the main one keeps a part of the queue, a shard. A node compares this
-- at its start, so that a slip in its file mixes no farms and takes no database twice.
CREATE TABLE farm (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    id       uuid NOT NULL DEFAULT gen_random_uuid(),          -- the same in all databases of a farm
    shard    text NOT NULL DEFAULT ''                          -- its name; empty: the main database
);
INSERT INTO farm DEFAULT VALUES;

-- Makes an unused database a shard, and answers what it is afterwards. One that a node ever registered in, or that has settings, stays what it is.
CREATE FUNCTION adopt_shard(of_farm uuid, as_shard text) RETURNS farm LANGUAGE plpgsql VOLATILE AS $$
DECLARE
    now_is farm;
BEGIN
    UPDATE farm SET id = of_farm, shard = as_shard
    WHERE shard = '' AND id <> of_farm AND NOT EXISTS (SELECT FROM node) AND NOT EXISTS (SELECT FROM setting_version);
    SELECT * INTO now_is FROM farm;
    RETURN now_is;
END
$$;
