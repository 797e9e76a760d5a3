CREATE TABLE guidelines (
  project_id TEXT NOT NULL REFERENCES projects (id),
  version INTEGER NOT NULL,
  text TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  published_by TEXT NOT NULL REFERENCES accounts (id),
  published_at DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (project_id, version)
);

CREATE TABLE examples (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  place INTEGER NOT NULL,
  good INTEGER NOT NULL,
  title TEXT NOT NULL,
  text TEXT NOT NULL,
  why TEXT NOT NULL DEFAULT ''
);

CREATE INDEX examples_project ON examples (project_id, place);

CREATE TABLE quiz_questions (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  place INTEGER NOT NULL,
  question TEXT NOT NULL,
  choices TEXT NOT NULL,
  answer INTEGER NOT NULL,
  why TEXT NOT NULL DEFAULT ''
);

CREATE INDEX quiz_questions_project ON quiz_questions (project_id, place);

CREATE TABLE quiz_attempts (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  guidelines INTEGER NOT NULL,
  answers TEXT NOT NULL,
  n_right INTEGER NOT NULL,
  n_asked INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  at DOUBLE PRECISION NOT NULL
);

CREATE INDEX quiz_attempts_of ON quiz_attempts (project_id, account_id, at);
