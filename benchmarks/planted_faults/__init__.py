"""How often ``verify`` finds a planted fault, and how often it calls a right training wrong."""
