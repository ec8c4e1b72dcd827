-- One row per order that was not cancelled, paid or not. `lines` is JSON: [{item_id, item_name, quantity, unit_price}].
CREATE TABLE orders (
    store_id      uuid        NOT NULL,
    order_id      bigint      NOT NULL,
    table_no      bigint      NOT NULL,
    tab           bigint      NOT NULL,
    placed_at     timestamptz NOT NULL,
    business_date date        NOT NULL,
    total         bigint      NOT NULL,
    lines         text        NOT NULL,
    PRIMARY KEY (store_id, order_id)
);

-- Which orders are on an open tab: what revising and cancelling a tab looks up, so that no index over all orders is
-- kept for it.
CREATE TABLE open_orders (
    store_id uuid   NOT NULL,
    table_no bigint NOT NULL,
    tab      bigint NOT NULL,
    order_id bigint NOT NULL,
    PRIMARY KEY (store_id, table_no, tab, order_id)
);

CREATE INDEX orders_by_date ON orders (store_id, business_date, order_id);
