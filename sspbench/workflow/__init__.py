"""What the Snakefile needs: code digests, parameters of rules, the forecast, and the lock."""
