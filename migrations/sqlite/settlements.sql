-- One row per settled business date: its totals, which never change. `payments` is JSON: [{payment_type, sales_volume,
-- sales}]. `no_message` says why the owner was not told, if he was not.
CREATE TABLE settlements (
    store_id      BLOB    NOT NULL,
    business_date TEXT    NOT NULL,
    message_id    BLOB    NOT NULL,
    settled_at    INTEGER NOT NULL,
    gross         INTEGER NOT NULL,
    voids         INTEGER NOT NULL,
    corrections   INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    sales_volume  INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    profit        INTEGER NOT NULL,
    sales         INTEGER NOT NULL,
    voided_sales  INTEGER NOT NULL,
    first_sale    INTEGER,
    last_sale     INTEGER,
    payments      TEXT    NOT NULL,
    no_message    TEXT,
    PRIMARY KEY (store_id, business_date)
) STRICT, WITHOUT ROWID;

-- One row per message to the owner; its text, never his number. `state`: pending, unknown (begun, and nobody reported
-- on it), sent, outbox, failed.
CREATE TABLE messages (
    store_id      BLOB    NOT NULL,
    message_id    BLOB    NOT NULL,
    revision      INTEGER NOT NULL,
    business_date TEXT    NOT NULL,
    purpose       TEXT    NOT NULL,
    body          TEXT    NOT NULL,
    state         TEXT    NOT NULL,
    reason        TEXT,
    requested_at  INTEGER NOT NULL,
    changed_at    INTEGER NOT NULL,
    PRIMARY KEY (store_id, message_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX messages_by_revision ON messages (store_id, revision);
CREATE INDEX messages_by_date ON messages (store_id, business_date, revision);
