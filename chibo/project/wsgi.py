"""The WSGI application granian serves; a worker whose granian is gone ends too."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from chibo.project.parents import end_with_parent

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "chibo.project.settings")
end_with_parent()
gc.disable()
application = get_wsgi_application()
gc.collect()
gc.freeze()  # what the program itself is made of is never garbage: looking through it took a tenth of each answer
gc.set_threshold(50_000, 20, 100)
gc.enable()
