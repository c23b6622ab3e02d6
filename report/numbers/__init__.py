"""Numbers in prose, filled in from the records of releases."""
