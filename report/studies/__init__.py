"""Summaries over several data sets or budgets: how stable the order of methods is, and what changes with a dose."""
