"""The figures: one file per figure."""
