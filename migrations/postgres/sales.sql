-- One row per sale, voided or not. `total` and `cost` are the lines' two sides, in minor units.
CREATE TABLE sales (
    store_id      uuid             NOT NULL,
    sale_id       bigint           NOT NULL,
    table_no      bigint           NOT NULL,
    total         bigint           NOT NULL,
    cost          bigint           NOT NULL,
    stated_total  bigint,
    payment_type  text COLLATE "C" NOT NULL,
    sold_at       timestamptz      NOT NULL,
    business_date date             NOT NULL,
    voided_at     timestamptz,
    PRIMARY KEY (store_id, sale_id)
);
