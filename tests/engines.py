"""Starts what the tests need before Django is set up; loaded by ``-p tests.engines``.

One embedded PostgreSQL for the whole run, its URL in the environment, so that workers of
pytest-xdist find it there and start none. A DATABASE_URL that is set is used instead.
"""

import atexit
import os
import tempfile
from pathlib import Path

from wolfsburg_portal.engines import VAR, EmbeddedPostgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wolfsburg_portal.settings")
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 40)
os.environ.setdefault("SITE_URL", "https://testserver")
os.environ["DEMO"] = "0"
os.environ["CITY_IBAN"] = "DE89370400440532013000"
os.environ["ALLOWED_HOSTS"] = "testserver,127.0.0.1,localhost"

if "DATABASE_URL" not in os.environ:
    server = EmbeddedPostgres(VAR / "postgres-test", durable=False, many_databases=True)
    os.environ["DATABASE_URL"] = server.start()
    atexit.register(server.stop)

if "TEST_VAR_DIR" not in os.environ:
    # Uploads, mails and broker messages of the tests never meet those of `make run`.
    folder = tempfile.TemporaryDirectory(prefix="portal-test-")
    os.environ["TEST_VAR_DIR"] = folder.name
    atexit.register(folder.cleanup)
os.environ["VAR_DIR"] = str(Path(os.environ["TEST_VAR_DIR"]) / os.environ.get("PYTEST_XDIST_WORKER", "main"))
