-- How far each projection has come on each partition: the log's cursor as JSON, its next position (what the
-- compare-and-set compares) and how many events have counted.
CREATE TABLE checkpoints (
    projection text COLLATE "C" NOT NULL,
    partition  bigint           NOT NULL,
    next       bigint           NOT NULL,
    cursor     text             NOT NULL,
    counted    bigint           NOT NULL,
    PRIMARY KEY (projection, partition)
);

-- The position of the last event of a store that changed one of its rows in a projection.
CREATE TABLE positions (
    projection text COLLATE "C" NOT NULL,
    store_id   uuid             NOT NULL,
    position   bigint           NOT NULL,
    PRIMARY KEY (projection, store_id)
);

-- Events that a projection could not apply and that an operator told it to leave out.
CREATE TABLE skips (
    projection text COLLATE "C" NOT NULL,
    partition  bigint           NOT NULL,
    position   bigint           NOT NULL,
    PRIMARY KEY (projection, partition, position)
);
