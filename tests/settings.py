"""Settings of the tests: a data folder and an embedded database of their own, gone when they end."""

import os

from tests.place import folder

os.environ.update(
    CHIBO_DATA=str(folder()),
    CHIBO_SECRET_KEY="the tests' own",
    CHIBO_TODAY="2024-01-10",
    DATABASE_URL="postgresql://chibo@/chibo?host=/nowhere",  # until tests/database.py names the real one
)
for name in ("CHIBO_HOSTS", "CHIBO_DEBUG", "CHIBO_HTTPS", "CHIBO_REPLICA_URL", "CHIBO_POOL_URL"):
    os.environ.pop(name, None)

from chibo.project.settings import *  # noqa: E402, F403
from chibo.project.settings import DATABASES, STATIC_ROOT, STORAGES  # noqa: E402

DATABASES["default"]["OPTIONS"] = {}  # no pool: a database that is dropped can't have idle visitors
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # quick; what it protects lives for seconds
STORAGES["staticfiles"] = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # as they lie there
STATIC_ROOT.mkdir(exist_ok=True)
