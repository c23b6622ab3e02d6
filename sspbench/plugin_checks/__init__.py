"""For contributors: writes a new plugin that already passes, and checks any plugin by the same rules as the tests."""
