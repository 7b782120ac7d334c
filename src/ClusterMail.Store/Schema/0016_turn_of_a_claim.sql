-- Grows with each claim. An outcome speaks of one turn: written again because its answer was lost, it must not take the recipient out of the hands of whoever claimed it
-- meanwhile, the same epoch included (P4). A node of the version before neither counts nor compares (CLU-34).
ALTER TABLE recipient ADD COLUMN turn integer NOT NULL DEFAULT 0;
