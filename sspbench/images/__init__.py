"""Images as files and arrays: reading whatever users have, checking it, writing grey PNG."""
