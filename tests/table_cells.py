"""Cells of a table record, by key."""


def find_cell(table, row, column):
    """Return the cell of a row's and a column's key, or None."""
    return next((cell for line, head, cell in table.cells() if (line.key, head.key) == (row, column)), None)
