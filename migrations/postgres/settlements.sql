-- One row per settled business date: its totals, which never change. `payments` is JSON: [{payment_type, sales_volume,
-- sales}]. `no_message` says why the owner was not told, if he was not.
CREATE TABLE settlements (
    store_id      uuid        NOT NULL,
    business_date date        NOT NULL,
    message_id    uuid        NOT NULL,
    settled_at    timestamptz NOT NULL,
    gross         bigint      NOT NULL,
    voids         bigint      NOT NULL,
    corrections   bigint      NOT NULL,
    late          bigint      NOT NULL,
    sales_volume  bigint      NOT NULL,
    cost          bigint      NOT NULL,
    profit        bigint      NOT NULL,
    sales         bigint      NOT NULL,
    voided_sales  bigint      NOT NULL,
    first_sale    timestamptz,
    last_sale     timestamptz,
    payments      text        NOT NULL,
    no_message    text,
    PRIMARY KEY (store_id, business_date)
);

-- One row per message to the owner; its text, never his number. `state`: pending, unknown (begun, and nobody reported
-- on it), sent, outbox, failed.
CREATE TABLE messages (
    store_id      uuid        NOT NULL,
    message_id    uuid        NOT NULL,
    revision      bigint      NOT NULL,
    business_date date        NOT NULL,
    purpose       text        NOT NULL,
    body          text        NOT NULL,
    state         text        NOT NULL,
    reason        text,
    requested_at  timestamptz NOT NULL,
    changed_at    timestamptz NOT NULL,
    PRIMARY KEY (store_id, message_id)
);

CREATE INDEX messages_by_revision ON messages (store_id, revision);
CREATE INDEX messages_by_date ON messages (store_id, business_date, revision);
