-- How far each projection has come on each partition: the log's cursor as JSON, its next position (what the
-- compare-and-set compares) and how many events have counted.
CREATE TABLE checkpoints (
    projection TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    next       INTEGER NOT NULL,
    cursor     TEXT    NOT NULL,
    counted    INTEGER NOT NULL,
    PRIMARY KEY (projection, partition)
) STRICT, WITHOUT ROWID;

-- The position of the last event of a store that changed one of its rows in a projection.
CREATE TABLE positions (
    projection TEXT    NOT NULL,
    store_id   BLOB    NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (projection, store_id)
) STRICT, WITHOUT ROWID;

-- Events that a projection could not apply and that an operator told it to leave out.
CREATE TABLE skips (
    projection TEXT    NOT NULL,
    partition  INTEGER NOT NULL,
    position   INTEGER NOT NULL,
    PRIMARY KEY (projection, partition, position)
) STRICT, WITHOUT ROWID;
