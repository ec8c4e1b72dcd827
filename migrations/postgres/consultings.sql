-- One row per request for advice. `state`: pending, completed, failed. `findings` is JSON as the event has it.
CREATE TABLE consultings (
    store_id      uuid        NOT NULL,
    request_id    uuid        NOT NULL,
    start_date    date        NOT NULL,
    end_date      date        NOT NULL,
    language      text        NOT NULL,
    requested_at  timestamptz NOT NULL,
    state         text        NOT NULL,
    advisor       text,
    findings      text,
    body          text,
    reason        text,
    finished_at   timestamptz,
    PRIMARY KEY (store_id, request_id)
);
