-- One row per store that ever signed up. `keeps` is the one token that outlives the last change of password.
CREATE TABLE stores (
    store_id      BLOB    NOT NULL PRIMARY KEY,
    username      TEXT    NOT NULL,
    owner_name    TEXT    NOT NULL,
    phone         TEXT    NOT NULL,
    store_name    TEXT    NOT NULL,
    address       TEXT    NOT NULL,
    store_type    TEXT    NOT NULL,
    password_hash TEXT    NOT NULL,
    currency      TEXT    NOT NULL,
    time_zone     TEXT    NOT NULL,
    day_begins    TEXT    NOT NULL,
    language      TEXT    NOT NULL,
    cv            INTEGER NOT NULL,
    keeps         BLOB,
    closed        INTEGER NOT NULL,
    registered_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
