"""Networks and layers that several methods share, and how their weights are read and started."""
