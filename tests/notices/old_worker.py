"""A worker of an earlier version, which knows no letters: ``python -m tests.notices.old_worker`` and what a worker takes."""

import sys

from celery.signals import worker_init

from wolfsburg_portal.celery import app


@worker_init.connect
def forget(**_kwargs: object) -> None:
    """What came with a later version."""
    for name in [name for name in app.tasks if name.startswith("notices.")]:
        app.tasks.pop(name)


if __name__ == "__main__":
    app.worker_main(sys.argv[1:])
