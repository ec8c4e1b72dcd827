-- One row per store that ever signed up. `keeps` is the one token that outlives the last change of password.
CREATE TABLE stores (
    store_id      uuid        NOT NULL PRIMARY KEY,
    username      text        NOT NULL,
    owner_name    text        NOT NULL,
    phone         text        NOT NULL,
    store_name    text        NOT NULL,
    address       text        NOT NULL,
    store_type    text        NOT NULL,
    password_hash text        NOT NULL,
    currency      text        NOT NULL,
    time_zone     text        NOT NULL,
    day_begins    text        NOT NULL,
    language      text        NOT NULL,
    cv            bigint      NOT NULL,
    keeps         uuid,
    closed        boolean     NOT NULL,
    registered_at timestamptz NOT NULL
);
