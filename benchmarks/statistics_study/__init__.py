"""How often the tests, intervals and ranks of the report are right: simulated with the spreads of a run."""
