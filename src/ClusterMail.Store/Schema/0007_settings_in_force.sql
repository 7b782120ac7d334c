-- ADMIN-26: which version of the settings a node works by. Null: it has not said yet. A version in force somewhere is never pruned (ADMIN-25).
ALTER TABLE node ADD COLUMN settings_version bigint;
