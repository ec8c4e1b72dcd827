-- One row per order that was not cancelled, paid or not. `lines` is JSON: [{item_id, item_name, quantity, unit_price}].
CREATE TABLE orders (
    store_id      BLOB    NOT NULL,
    order_id      INTEGER NOT NULL,
    table_no      INTEGER NOT NULL,
    tab           INTEGER NOT NULL,
    placed_at     INTEGER NOT NULL,
    business_date TEXT    NOT NULL,
    total         INTEGER NOT NULL,
    lines         TEXT    NOT NULL,
    PRIMARY KEY (store_id, order_id)
) STRICT, WITHOUT ROWID;

-- Which orders are on an open tab: what revising and cancelling a tab looks up, so that no index over all orders is
-- kept for it.
CREATE TABLE open_orders (
    store_id BLOB    NOT NULL,
    table_no INTEGER NOT NULL,
    tab      INTEGER NOT NULL,
    order_id INTEGER NOT NULL,
    PRIMARY KEY (store_id, table_no, tab, order_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX orders_by_date ON orders (store_id, business_date, order_id);
