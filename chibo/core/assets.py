"""Static files under hashed names, also where a JavaScript module imports another."""

import hashlib
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage
from django.core.management import call_command

FILES, REWRITES = ManifestStaticFilesStorage._js_module_import_aggregation_patterns  # type: ignore[attr-defined]


class HashedStorage(ManifestStaticFilesStorage):
    """Hashed names in CSS and in the imports of modules; a missing file fails the collection.

    Only `import ... from "./other.js";` is rewritten: the last pattern, `import("name")`, meets htmx's extensions,
    which name no file.
    """

    support_js_module_import_aggregation = True
    _js_module_import_aggregation_patterns = (FILES, REWRITES[:-1])


def collect() -> None:
    """Have the static files in STATIC_ROOT as they are now; where nothing changed since, nothing is done."""
    root = Path(settings.STATIC_ROOT)
    found = sorted((path, storage.path(path)) for finder in get_finders() for path, storage in finder.list([]))
    state = [(path, (stat := Path(place).stat()).st_mtime_ns, stat.st_size) for path, place in found]
    stamp, mark = hashlib.sha256(repr(state).encode()).hexdigest(), root / ".stamp"
    if mark.is_file() and mark.read_text() == stamp:
        return
    call_command("collectstatic", interactive=False, verbosity=0)
    mark.write_text(stamp)
