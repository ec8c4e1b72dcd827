-- One row per request for advice. `state`: pending, completed, failed. `findings` is JSON as the event has it.
CREATE TABLE consultings (
    store_id     BLOB    NOT NULL,
    request_id   BLOB    NOT NULL,
    start_date   TEXT    NOT NULL,
    end_date     TEXT    NOT NULL,
    language     TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    state        TEXT    NOT NULL,
    advisor      TEXT,
    findings     TEXT,
    body         TEXT,
    reason       TEXT,
    finished_at  INTEGER,
    PRIMARY KEY (store_id, request_id)
) STRICT, WITHOUT ROWID;
