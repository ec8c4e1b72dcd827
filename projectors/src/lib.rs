//! The consequences: projections of the log into the read models.
