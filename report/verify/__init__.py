"""Is a training right? One's own runs against published seeds of the same methods."""
