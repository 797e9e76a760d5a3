-- An item is settled once, however many people settle at the same time.
CREATE UNIQUE INDEX assignments_one_adjudication ON assignments (item_id)
WHERE purpose = 'adjudication' AND state = 'done';
