-- Progress counts turns by person without reading each of them.
CREATE INDEX assignments_progress ON assignments (project_id, account_id, purpose, state, done_at);
