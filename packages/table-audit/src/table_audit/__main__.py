"""``python -m table_audit``: the same as the command ``table-audit``."""

import sys

from .command import main

sys.exit(main())
