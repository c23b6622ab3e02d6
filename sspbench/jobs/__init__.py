"""What every job has: a device, progress, provenance, and a recorded end."""
