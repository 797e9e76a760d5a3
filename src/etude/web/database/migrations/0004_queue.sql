-- One item is one prompt to write for, or one comparison to rate.
CREATE TABLE items (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  place INTEGER NOT NULL,
  body TEXT NOT NULL,
  gold INTEGER,
  wanted INTEGER NOT NULL,
  n_done INTEGER NOT NULL DEFAULT 0,
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'withdrawn')),
  batch TEXT NOT NULL DEFAULT '',
  created_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX items_queue ON items (project_id, state, place);

-- One assignment is one person's turn at one item; the lease is the lock.
CREATE TABLE assignments (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  item_id TEXT NOT NULL REFERENCES items (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  purpose TEXT NOT NULL CHECK (purpose IN ('work', 'gold', 'repeat', 'adjudication')),
  state TEXT NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'done', 'skipped', 'expired')),
  shown_order TEXT NOT NULL DEFAULT '[]',
  guidelines INTEGER NOT NULL,
  draft TEXT NOT NULL DEFAULT '',
  skip_reason TEXT NOT NULL DEFAULT '',
  active_s DOUBLE PRECISION NOT NULL DEFAULT 0,
  created_at DOUBLE PRECISION NOT NULL,
  seen_at DOUBLE PRECISION NOT NULL,
  leased_until DOUBLE PRECISION NOT NULL,
  done_at DOUBLE PRECISION
);

CREATE UNIQUE INDEX assignments_once ON assignments (item_id, account_id, purpose)
WHERE state <> 'expired';

CREATE UNIQUE INDEX assignments_one_open ON assignments (project_id, account_id)
WHERE state = 'open' AND purpose <> 'adjudication';

CREATE INDEX assignments_item ON assignments (item_id, state);

CREATE INDEX assignments_person ON assignments (project_id, account_id, state, done_at);

-- A rating is never changed: undoing withdraws it, and the next one stands beside it.
CREATE TABLE ratings (
  id TEXT PRIMARY KEY,
  assignment_id TEXT NOT NULL REFERENCES assignments (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  item_id TEXT NOT NULL REFERENCES items (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  body TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL,
  withdrawn_at DOUBLE PRECISION
);

CREATE UNIQUE INDEX ratings_one_stands ON ratings (assignment_id) WHERE withdrawn_at IS NULL;

CREATE INDEX ratings_project ON ratings (project_id, created_at);

CREATE INDEX ratings_item ON ratings (item_id);

-- Every version that a writer handed in is kept.
CREATE TABLE writings (
  id TEXT PRIMARY KEY,
  assignment_id TEXT NOT NULL REFERENCES assignments (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  item_id TEXT NOT NULL REFERENCES items (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  version INTEGER NOT NULL,
  body TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('unreviewed', 'accepted', 'sent_back', 'rejected', 'replaced', 'withdrawn')),
  created_at DOUBLE PRECISION NOT NULL
);

CREATE UNIQUE INDEX writings_version ON writings (assignment_id, version);

CREATE INDEX writings_review ON writings (project_id, state, created_at);

CREATE TABLE reviews (
  id TEXT PRIMARY KEY,
  writing_id TEXT NOT NULL REFERENCES writings (id),
  project_id TEXT NOT NULL REFERENCES projects (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  verdict TEXT NOT NULL CHECK (verdict IN ('accepted', 'sent_back', 'rejected')),
  comments TEXT NOT NULL,
  created_at DOUBLE PRECISION NOT NULL
);

CREATE UNIQUE INDEX reviews_once ON reviews (writing_id);

-- A question to the lead, or a note, about an item or the guidelines.
CREATE TABLE questions (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  item_id TEXT REFERENCES items (id),
  account_id TEXT NOT NULL REFERENCES accounts (id),
  text TEXT NOT NULL,
  answer TEXT NOT NULL DEFAULT '',
  answered_by TEXT NOT NULL DEFAULT '',
  created_at DOUBLE PRECISION NOT NULL,
  answered_at DOUBLE PRECISION
);

CREATE INDEX questions_project ON questions (project_id, created_at);

CREATE TABLE exports (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL REFERENCES projects (id),
  name TEXT NOT NULL,
  what TEXT NOT NULL,
  digest TEXT NOT NULL,
  made_by TEXT NOT NULL REFERENCES accounts (id),
  created_at DOUBLE PRECISION NOT NULL
);

CREATE INDEX exports_project ON exports (project_id, created_at);
