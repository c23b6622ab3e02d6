"""Images as files and arrays: reads and checks users' files, writes PNG."""
