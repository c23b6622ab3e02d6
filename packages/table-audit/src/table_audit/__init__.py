"""Tests whether the numbers of a published table can all be true.

Read a table file with :func:`table_audit.table_file.load_published`, judge a table with
:func:`table_audit.cell_verdicts.audit`, and print the result with :mod:`table_audit.rendering`.
"""
