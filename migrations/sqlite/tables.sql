-- Open tables alone: a tab that was paid or cancelled has no row. `order_id` is the oldest order's; a line's `ordinal`
-- is where the item first appeared, that is its order's number times 512 plus its place in that order.
CREATE TABLE tabs (
    store_id  BLOB    NOT NULL,
    table_no  INTEGER NOT NULL,
    tab       INTEGER NOT NULL,
    order_id  INTEGER NOT NULL,
    opened_at INTEGER NOT NULL,
    orders    INTEGER NOT NULL,
    total     INTEGER NOT NULL,
    PRIMARY KEY (store_id, table_no, tab)
) STRICT, WITHOUT ROWID;

CREATE TABLE tab_lines (
    store_id BLOB    NOT NULL,
    table_no INTEGER NOT NULL,
    tab      INTEGER NOT NULL,
    item_id  INTEGER NOT NULL,
    name     TEXT    NOT NULL,
    quantity INTEGER NOT NULL,
    ordinal  INTEGER NOT NULL,
    PRIMARY KEY (store_id, table_no, tab, item_id)
) STRICT, WITHOUT ROWID;
