"""Two results set side by side: what the numbers differ by, what was changed, what only one of them has."""
