//! Statistics of diagnostic tests.
