"""Training to trust: trainable bases, batches, checkpoints, guards and the loop."""
