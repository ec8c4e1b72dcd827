-- The sums of all lines booked on a business date, voids' negative ones included; profit is sales_volume - cost.
-- voided: lines of voids of sales of that same date. corrections: lines of voids of sales of an earlier, settled date.
-- late: lines recorded after the date had ended. sales: sales less voids. cost_missing: units booked without a cost.
CREATE TABLE days (
    store_id      uuid   NOT NULL,
    business_date date   NOT NULL,
    sales_volume  bigint NOT NULL,
    cost          bigint NOT NULL,
    voided        bigint NOT NULL,
    corrections   bigint NOT NULL,
    late          bigint NOT NULL,
    sales         bigint NOT NULL,
    cost_missing  bigint NOT NULL,
    PRIMARY KEY (store_id, business_date)
);

-- named_at is the revision of the event that brought the item's last line, so that a range of days can take the last name.
CREATE TABLE day_items (
    store_id      uuid   NOT NULL,
    business_date date   NOT NULL,
    item_id       bigint NOT NULL,
    name          text   NOT NULL,
    named_at      bigint NOT NULL,
    quantity      bigint NOT NULL,
    sales_volume  bigint NOT NULL,
    cost          bigint NOT NULL,
    cost_missing  bigint NOT NULL,
    PRIMARY KEY (store_id, business_date, item_id)
);

-- Keys of text are ordered by bytes, whatever the database's own collation, as the other engine and the code order them.
CREATE TABLE day_payments (
    store_id      uuid             NOT NULL,
    business_date date             NOT NULL,
    payment_type  text COLLATE "C" NOT NULL,
    sales_volume  bigint           NOT NULL,
    sales         bigint           NOT NULL,
    PRIMARY KEY (store_id, business_date, payment_type)
);
