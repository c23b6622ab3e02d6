"""Our measures against the usual libraries: CPU seconds and largest difference."""
