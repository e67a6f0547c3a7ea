//! Several files of scores on the same patients.
