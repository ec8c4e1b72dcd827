-- Open tables alone: a tab that was paid or cancelled has no row. `order_id` is the oldest order's; a line's `ordinal`
-- is where the item first appeared, that is its order's number times 512 plus its place in that order.
CREATE TABLE tabs (
    store_id  uuid        NOT NULL,
    table_no  bigint      NOT NULL,
    tab       bigint      NOT NULL,
    order_id  bigint      NOT NULL,
    opened_at timestamptz NOT NULL,
    orders    bigint      NOT NULL,
    total     bigint      NOT NULL,
    PRIMARY KEY (store_id, table_no, tab)
);

CREATE TABLE tab_lines (
    store_id uuid   NOT NULL,
    table_no bigint NOT NULL,
    tab      bigint NOT NULL,
    item_id  bigint NOT NULL,
    name     text   NOT NULL,
    quantity bigint NOT NULL,
    ordinal  bigint NOT NULL,
    PRIMARY KEY (store_id, table_no, tab, item_id)
);
