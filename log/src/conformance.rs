//! The port's contract as a suite that every provider passes.
