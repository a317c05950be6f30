package sqlitestore

import "github.com/fluxo-app/fluxo/engine/store/sqlitedb"

// migrations of the component "engine"; see sqlitedb.Migration for the rules.
var migrations = []sqlitedb.Migration{{Number: 1, Name: "runs, records and derived documents", SQL: `
CREATE TABLE run (
	id             TEXT PRIMARY KEY,
	definition_key TEXT NOT NULL,
	version        INTEGER NOT NULL,
	graph_hash     TEXT NOT NULL,
	name           TEXT NOT NULL,
	record_type    TEXT NOT NULL,
	record_id      TEXT NOT NULL,
	record_title   TEXT NOT NULL,
	title_fold     TEXT NOT NULL, -- record_title without case
	started_by     TEXT NOT NULL,
	cause          BLOB,
	parent         TEXT NOT NULL,
	started_at     INTEGER NOT NULL,
	status         TEXT NOT NULL,
	suspended      INTEGER NOT NULL,
	incidents      INTEGER NOT NULL,
	nodes          TEXT,          -- JSON, NULL when empty; as are recent, inbox and outbox
	updated_at     INTEGER NOT NULL,
	ended_at       INTEGER NOT NULL,
	seq            INTEGER NOT NULL,
	attempts       INTEGER NOT NULL,
	problem        TEXT NOT NULL,
	rev            INTEGER NOT NULL,
	ready_at       INTEGER NOT NULL,
	inbox_bytes    INTEGER NOT NULL,
	recent         TEXT,
	inbox          TEXT,
	outbox         TEXT,
	state          BLOB
);
CREATE INDEX run_newest     ON run (started_at, id);
CREATE INDEX run_definition ON run (definition_key, started_at, id);
CREATE INDEX run_live       ON run (definition_key, started_at, id) WHERE status IN ('active', 'quarantined');
CREATE INDEX run_record     ON run (record_id, started_at, id) WHERE record_id <> '';
CREATE INDEX run_starter    ON run (started_by, started_at, id) WHERE started_by <> '';
CREATE INDEX run_title      ON run (title_fold) WHERE title_fold <> '';
CREATE INDEX run_incident   ON run (started_at, id) WHERE incidents > 0;
CREATE INDEX run_ready      ON run (ready_at) WHERE ready_at > 0;
CREATE INDEX run_outbox     ON run (id) WHERE outbox IS NOT NULL;

-- How many runs have this status, or a token on this node.
CREATE TABLE run_count (
	definition_key TEXT NOT NULL,
	version        INTEGER NOT NULL,
	kind           TEXT NOT NULL, -- status | node
	key            TEXT NOT NULL,
	n              INTEGER NOT NULL,
	PRIMARY KEY (definition_key, version, kind, key)
) WITHOUT ROWID;

-- Records first..last of a run, contiguous, as one JSON list. Rows may overlap
-- when a relay has copied twice; equal numbers are equal records.
CREATE TABLE record (
	run_id TEXT NOT NULL,
	first  INTEGER NOT NULL,
	last   INTEGER NOT NULL,
	body   TEXT NOT NULL
);
CREATE UNIQUE INDEX record_range ON record (run_id, first);

-- Derived documents. body is NULL in a tombstone: closed before it came.
-- closed_at is 0 while the document is open.
CREATE TABLE task (
	id          TEXT PRIMARY KEY,
	run_id      TEXT NOT NULL DEFAULT '',
	record_id   TEXT NOT NULL DEFAULT '',
	opened_at   INTEGER NOT NULL DEFAULT 0,
	due_key     INTEGER NOT NULL DEFAULT 0, -- due_at, or the largest number
	text_fold   TEXT NOT NULL DEFAULT '',
	body        TEXT,                       -- what the relay wrote
	rev         INTEGER NOT NULL DEFAULT 0,
	status      TEXT NOT NULL,
	owned       TEXT,                       -- what its owner wrote
	deliver_at  INTEGER,                    -- of a decision that is not delivered
	closed_at   INTEGER NOT NULL DEFAULT 0,
	reason      TEXT NOT NULL DEFAULT ''
);
CREATE INDEX task_newest    ON task (opened_at, id) WHERE body IS NOT NULL;
CREATE INDEX task_due       ON task (due_key, id) WHERE body IS NOT NULL AND closed_at = 0;
CREATE INDEX task_run       ON task (run_id) WHERE body IS NOT NULL;
CREATE INDEX task_record    ON task (record_id) WHERE record_id <> '';
CREATE INDEX task_undelivered ON task (deliver_at) WHERE deliver_at IS NOT NULL;
CREATE INDEX task_closed    ON task (closed_at) WHERE closed_at > 0;

-- Who may act: 'u:' and a user, 'g:' and a group.
CREATE TABLE task_person (
	person  TEXT NOT NULL,
	live    INTEGER NOT NULL,
	task_id TEXT NOT NULL,
	PRIMARY KEY (person, live, task_id)
) WITHOUT ROWID;
CREATE INDEX task_person_task ON task_person (task_id);

CREATE TABLE timer (
	id        TEXT PRIMARY KEY,
	run_id    TEXT NOT NULL DEFAULT '',
	due_at    INTEGER NOT NULL DEFAULT 0,
	body      TEXT,
	closed_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX timer_due    ON timer (due_at, id) WHERE closed_at = 0;
CREATE INDEX timer_run    ON timer (run_id, due_at, id) WHERE closed_at = 0;
CREATE INDEX timer_closed ON timer (closed_at) WHERE closed_at > 0;

CREATE TABLE effect (
	id         TEXT PRIMARY KEY,
	run_id     TEXT NOT NULL DEFAULT '',
	body       TEXT,
	status     TEXT NOT NULL,
	attempt    INTEGER NOT NULL DEFAULT 0,
	owner      TEXT NOT NULL DEFAULT '',
	lease_at   INTEGER NOT NULL DEFAULT 0,
	not_before INTEGER NOT NULL DEFAULT 0,
	result     TEXT,
	failure    TEXT,
	delivered  INTEGER NOT NULL DEFAULT 0,
	ended      INTEGER NOT NULL DEFAULT 0, -- closed by the relay
	closed_at  INTEGER NOT NULL DEFAULT 0  -- ended or delivered
);
CREATE INDEX effect_ready       ON effect (not_before) WHERE status = 'ready';
CREATE INDEX effect_claimed     ON effect (lease_at) WHERE status IN ('running', 'sending');
CREATE INDEX effect_undelivered ON effect (id) WHERE delivered = 0 AND status IN ('finished', 'failed', 'unknown');
CREATE INDEX effect_run         ON effect (run_id, id);
CREATE INDEX effect_closed      ON effect (closed_at) WHERE closed_at > 0;

CREATE TABLE subscription (
	id        TEXT PRIMARY KEY,
	run_id    TEXT NOT NULL DEFAULT '',
	name      TEXT NOT NULL DEFAULT '',
	key       TEXT NOT NULL DEFAULT '',
	body      TEXT,
	closed_at INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX subscription_open   ON subscription (name, key, id) WHERE closed_at = 0;
CREATE INDEX subscription_run    ON subscription (run_id, id) WHERE closed_at = 0;
CREATE INDEX subscription_closed ON subscription (closed_at) WHERE closed_at > 0;

CREATE TABLE incident (
	id             TEXT PRIMARY KEY,
	run_id         TEXT NOT NULL DEFAULT '',
	definition_key TEXT NOT NULL DEFAULT '',
	version        INTEGER NOT NULL DEFAULT 0,
	node           TEXT NOT NULL DEFAULT '',
	at             INTEGER NOT NULL DEFAULT 0,
	body           TEXT,
	closed_at      INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX incident_newest     ON incident (at, id) WHERE closed_at = 0;
CREATE INDEX incident_definition ON incident (definition_key, at, id) WHERE closed_at = 0;
CREATE INDEX incident_run        ON incident (run_id, at, id);
CREATE INDEX incident_closed     ON incident (closed_at) WHERE closed_at > 0;

CREATE TABLE message (
	id         TEXT PRIMARY KEY,
	name       TEXT NOT NULL,
	key        TEXT NOT NULL,
	at         INTEGER NOT NULL,
	expires_at INTEGER NOT NULL,
	body       TEXT NOT NULL,
	matched    TEXT
);
CREATE INDEX message_find    ON message (name, key, at, id);
CREATE INDEX message_expires ON message (expires_at);

CREATE TABLE schedule (
	id             TEXT PRIMARY KEY,
	definition_key TEXT NOT NULL,
	due_at         INTEGER, -- NULL when disabled or over
	rev            INTEGER NOT NULL,
	body           TEXT NOT NULL
);
CREATE INDEX schedule_due ON schedule (due_at, id) WHERE due_at IS NOT NULL;

CREATE TABLE lease (
	name  TEXT PRIMARY KEY,
	owner TEXT NOT NULL,
	until INTEGER NOT NULL
) WITHOUT ROWID;
`}, {Number: 2, Name: "runs that a run has started", SQL: `
ALTER TABLE run ADD COLUMN caused_by TEXT NOT NULL DEFAULT '';
UPDATE run SET caused_by = json_extract(CAST(cause AS TEXT), '$.id')
	WHERE cause IS NOT NULL AND json_extract(CAST(cause AS TEXT), '$.kind') = 'run' AND json_extract(CAST(cause AS TEXT), '$.id') IS NOT NULL;
CREATE INDEX run_caused ON run (caused_by, started_at, id) WHERE caused_by <> '';
`}, {Number: 3, Name: "find runs by state, version, node, variable and incident", SQL: `
ALTER TABLE run ADD COLUMN marks TEXT; -- JSON, NULL when empty
DROP INDEX run_live;
CREATE INDEX run_status  ON run (status, started_at, id);
CREATE INDEX run_state   ON run (definition_key, status, started_at, id);
CREATE INDEX run_version ON run (definition_key, version, started_at, id);
CREATE INDEX run_ended   ON run (definition_key, ended_at, status, version, started_at) WHERE ended_at > 0;

-- By what runs are found, newest first: '=' and a mark, or '@' and a node of a
-- definition where a live run has a token.
CREATE TABLE run_mark (
	mark   TEXT NOT NULL,
	at     INTEGER NOT NULL, -- started_at of the run
	run_id TEXT NOT NULL,
	PRIMARY KEY (mark, at, run_id)
) WITHOUT ROWID;
INSERT INTO run_mark (mark, at, run_id)
	SELECT DISTINCT '@' || run.definition_key || '/' || node.value, run.started_at, run.id FROM run, json_each(CAST(run.nodes AS TEXT)) AS node
	WHERE run.status IN ('active', 'quarantined') AND run.nodes IS NOT NULL;

ALTER TABLE incident ADD COLUMN text_fold TEXT NOT NULL DEFAULT ''; -- what operators search
UPDATE incident SET text_fold = lower(coalesce(CAST(body AS TEXT) ->> '$.failure.code', '') || char(10) ||
	coalesce(CAST(body AS TEXT) ->> '$.failure.message', '') || char(10) || coalesce(CAST(body AS TEXT) ->> '$.nodeName', '')) WHERE body IS NOT NULL;
`}, {Number: 4, Name: "titles in the order of their runs", SQL: `
DROP INDEX run_title;
CREATE INDEX run_title ON run (title_fold, started_at, id, definition_key, status, version) WHERE title_fold <> '';
`}, {Number: 5, Name: "runs that are held", SQL: `
CREATE INDEX run_suspended ON run (started_at, id) WHERE suspended = 1;
`}, {Number: 6, Name: "tasks of people in the order of their lists, tasks of a definition", SQL: `
ALTER TABLE task ADD COLUMN definition_key TEXT NOT NULL DEFAULT '';
UPDATE task SET definition_key = coalesce(CAST(body AS TEXT) ->> '$.definitionKey', '') WHERE body IS NOT NULL;
CREATE INDEX task_definition ON task (definition_key, due_key, id) WHERE body IS NOT NULL AND closed_at = 0;

DROP INDEX task_person_task;
ALTER TABLE task_person RENAME TO former;
CREATE TABLE task_person (
	task_id TEXT NOT NULL,
	person  TEXT NOT NULL,
	live    INTEGER NOT NULL,
	due     INTEGER NOT NULL, -- due_key of the task
	opened  INTEGER NOT NULL, -- opened_at of the task
	PRIMARY KEY (task_id, person)
) WITHOUT ROWID;
INSERT INTO task_person (task_id, person, live, due, opened)
	SELECT task.id, former.person, former.live, task.due_key, task.opened_at FROM former JOIN task ON task.id = former.task_id;
DROP TABLE former;
CREATE INDEX task_person_due    ON task_person (person, live, due, task_id);
CREATE INDEX task_person_newest ON task_person (person, live, opened, task_id);
`}}
