"""From the config to runs: checked, resolved, with the paths of everything they read and write."""
