-- The menu as it is now; money in minor units.
CREATE TABLE categories (
    store_id    BLOB    NOT NULL,
    category_id INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    PRIMARY KEY (store_id, category_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE items (
    store_id    BLOB    NOT NULL,
    item_id     INTEGER NOT NULL,
    category_id INTEGER NOT NULL,
    name        TEXT    NOT NULL,
    price       INTEGER NOT NULL,
    cost        INTEGER,
    PRIMARY KEY (store_id, item_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX items_by_category ON items (store_id, category_id, item_id);
