//! Radiograph files to one grey image type that knows its pixel spacing.
