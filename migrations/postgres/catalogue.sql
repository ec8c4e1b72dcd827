-- The menu as it is now; money in minor units.
CREATE TABLE categories (
    store_id    uuid   NOT NULL,
    category_id bigint NOT NULL,
    name        text   NOT NULL,
    PRIMARY KEY (store_id, category_id)
);

CREATE TABLE items (
    store_id    uuid   NOT NULL,
    item_id     bigint NOT NULL,
    category_id bigint NOT NULL,
    name        text   NOT NULL,
    price       bigint NOT NULL,
    cost        bigint,
    PRIMARY KEY (store_id, item_id)
);

CREATE INDEX items_by_category ON items (store_id, category_id, item_id);
