"""``python -m sspbench``: the command line, in this process or in one that the run's server forks."""

import sys

from .jobs.forked_jobs import run_in_fork_server

if __name__ == "__main__":
    status = run_in_fork_server(sys.argv[1:])
    if status is None:
        from .commands.cli import main

        status = main()
    raise SystemExit(status)
