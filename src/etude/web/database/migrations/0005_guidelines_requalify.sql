-- Whether everyone takes the quiz again under this version of the guidelines.
ALTER TABLE guidelines ADD COLUMN requalify INTEGER NOT NULL DEFAULT 0;
