"""The tables: one file per table, and their renderings."""
