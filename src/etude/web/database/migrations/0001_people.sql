-- Statements are separated by blank lines and hold for SQLite and PostgreSQL alike.
-- Times are seconds since 1970, UTC. Ids are random text: nobody counts on from one.
CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  email TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL,
  pseudonym TEXT NOT NULL UNIQUE,
  password_hash TEXT NOT NULL,
  admin INTEGER NOT NULL DEFAULT 0,
  languages TEXT NOT NULL DEFAULT '',
  country TEXT NOT NULL DEFAULT '',
  consented_at DOUBLE PRECISION NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  disabled_at DOUBLE PRECISION
);

CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  kind TEXT NOT NULL CHECK (kind IN ('write', 'rate')),
  state TEXT NOT NULL DEFAULT 'setup' CHECK (state IN ('setup', 'open', 'paused', 'closed')),
  settings TEXT NOT NULL,
  created_by TEXT NOT NULL REFERENCES accounts (id),
  created_at DOUBLE PRECISION NOT NULL
);

CREATE TABLE memberships (
  project_id TEXT NOT NULL REFERENCES projects (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  role TEXT NOT NULL CHECK (role IN ('lead', 'writer', 'rater', 'reviewer', 'viewer')),
  since DOUBLE PRECISION NOT NULL,
  PRIMARY KEY (project_id, account_id, role)
);

CREATE INDEX memberships_account ON memberships (account_id);

CREATE TABLE invitations (
  id TEXT PRIMARY KEY,
  token_hash TEXT NOT NULL UNIQUE,
  purpose TEXT NOT NULL CHECK (purpose IN ('join', 'reset')),
  email TEXT NOT NULL DEFAULT '',
  admin INTEGER NOT NULL DEFAULT 0,
  project_id TEXT REFERENCES projects (id),
  roles TEXT NOT NULL DEFAULT '',
  account_id TEXT REFERENCES accounts (id),
  invited_by TEXT NOT NULL DEFAULT '',
  created_at DOUBLE PRECISION NOT NULL,
  expires_at DOUBLE PRECISION NOT NULL,
  used_at DOUBLE PRECISION,
  withdrawn_at DOUBLE PRECISION
);

CREATE INDEX invitations_project ON invitations (project_id);

CREATE TABLE sessions (
  token_hash TEXT PRIMARY KEY,
  account_id TEXT NOT NULL REFERENCES accounts (id),
  created_at DOUBLE PRECISION NOT NULL,
  seen_at DOUBLE PRECISION NOT NULL,
  ended_at DOUBLE PRECISION
);

CREATE INDEX sessions_account ON sessions (account_id);

CREATE TABLE sign_in_attempts (
  key TEXT NOT NULL,
  at DOUBLE PRECISION NOT NULL
);

CREATE INDEX sign_in_attempts_key ON sign_in_attempts (key, at);

CREATE TABLE audit (
  id TEXT PRIMARY KEY,
  at DOUBLE PRECISION NOT NULL,
  account_id TEXT NOT NULL DEFAULT '',
  project_id TEXT NOT NULL DEFAULT '',
  action TEXT NOT NULL,
  subject TEXT NOT NULL DEFAULT '',
  detail TEXT NOT NULL DEFAULT ''
);

CREATE INDEX audit_project ON audit (project_id, at);
