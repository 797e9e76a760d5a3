-- What a model wrote for a writer to start from; kept here, since a form could say anything.
CREATE TABLE model_drafts (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  assignment_id TEXT NOT NULL REFERENCES assignments (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  source TEXT NOT NULL,
  body TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX model_drafts_assignment ON model_drafts (assignment_id);
