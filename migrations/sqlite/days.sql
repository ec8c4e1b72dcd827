-- The sums of all lines booked on a business date, voids' negative ones included; profit is sales_volume - cost.
-- voided: lines of voids of sales of that same date. corrections: lines that belong to an earlier, settled date.
-- late: lines recorded after the date had ended. sales: sales less voids. cost_missing: units booked without a cost.
CREATE TABLE days (
    store_id      BLOB    NOT NULL,
    business_date TEXT    NOT NULL,
    sales_volume  INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    voided        INTEGER NOT NULL,
    corrections   INTEGER NOT NULL,
    late          INTEGER NOT NULL,
    sales         INTEGER NOT NULL,
    cost_missing  INTEGER NOT NULL,
    PRIMARY KEY (store_id, business_date)
) STRICT, WITHOUT ROWID;

-- named_at is the revision of the event that brought the item's last line, so that a range of days can take the last name.
CREATE TABLE day_items (
    store_id      BLOB    NOT NULL,
    business_date TEXT    NOT NULL,
    item_id       INTEGER NOT NULL,
    name          TEXT    NOT NULL,
    named_at      INTEGER NOT NULL,
    quantity      INTEGER NOT NULL,
    sales_volume  INTEGER NOT NULL,
    cost          INTEGER NOT NULL,
    cost_missing  INTEGER NOT NULL,
    PRIMARY KEY (store_id, business_date, item_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE day_payments (
    store_id      BLOB    NOT NULL,
    business_date TEXT    NOT NULL,
    payment_type  TEXT    NOT NULL,
    sales_volume  INTEGER NOT NULL,
    sales         INTEGER NOT NULL,
    PRIMARY KEY (store_id, business_date, payment_type)
) STRICT, WITHOUT ROWID;
