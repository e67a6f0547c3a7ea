//! Synthetic lateral cervical radiographs with known anatomy and label.
