//! The write side: the writer of a partition, and HTTP for commands.
