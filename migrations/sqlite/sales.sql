-- One row per sale, voided or not. `total` and `cost` are the lines' two sides, in minor units.
CREATE TABLE sales (
    store_id      BLOB    NOT NULL,
    sale_id       INTEGER NOT NULL,
    table_no      INTEGER NOT NULL,
    total         INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    stated_total  INTEGER,
    payment_type  TEXT    NOT NULL,
    sold_at       INTEGER NOT NULL,
    business_date TEXT    NOT NULL,
    voided_at     INTEGER,
    PRIMARY KEY (store_id, sale_id)
) STRICT, WITHOUT ROWID;
