//! Detects cervical spondylotic myelopathy on one lateral radiograph.
