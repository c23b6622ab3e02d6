"""Published results: a run's numbers as text, small enough for git, and back again into a results folder."""
