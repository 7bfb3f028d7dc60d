"""Settings, from the environment.

CHIBO_DATA, DATABASE_URL, CHIBO_SECRET_KEY, CHIBO_HOSTS, CHIBO_DEBUG, CHIBO_TODAY, CHIBO_EMAIL_URL, CHIBO_ADDRESS;
of more than one database: CHIBO_REPLICA_URL, CHIBO_REPLICA_SECONDS, CHIBO_POOL_URL (docs/growing.md).
"""

import os
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from csp.constants import NONE, SELF
from django.core.exceptions import ImproperlyConfigured
from django.utils.translation import gettext_lazy as _

from chibo.project import place

BASE = Path(__file__).resolve().parent.parent
# Compiling a plan takes longer than any page's query. Of 4 MB, what an index finds of some hundred thousand people
# does not fit: then whole pages are read again, row by row. Who reads as the rows come (exports) wants all of them, not
# the first ones soon: of a country by name, three times as fast.
SESSION = "-c jit=off -c work_mem=16MB -c cursor_tuple_fraction=1 -c max_parallel_workers_per_gather=0"


def database_from(url: str) -> dict[str, object]:
    """Django's settings for a `postgresql://user:password@host:port/name?host=/socket` URL."""
    parts = urlsplit(url)
    if parts.scheme not in ("postgres", "postgresql"):
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://; no other database is supported.")
    options: dict[str, object] = dict(parse_qsl(parts.query))
    place_of = parts.netloc.rpartition("@")[2]
    named = parts.hostname if place_of.startswith("[") else unquote(place_of.partition(":")[0])
    host = str(options.pop("host", named or ""))
    return {
        "ENGINE": "chibo.core.database",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": host,
        "PORT": str(parts.port or options.pop("port", "")),
        "OPTIONS": options,
    }


def replica_from(url: str) -> dict[str, object]:
    """Django's settings for a standby that lists and figures are read from; who does not answer is not waited for."""
    found = database_from(url)
    reads = {
        "options": SESSION + " -c default_transaction_read_only=on",
        "connect_timeout": "2",
        "pool": {"min_size": 0, "max_size": 8, "timeout": 2},
    }
    return found | {"OPTIONS": found["OPTIONS"] | reads, "CONN_HEALTH_CHECKS": True, "TEST": {"MIRROR": "default"}}  # type: ignore[operator]


def mail_from(url: str) -> dict[str, object]:
    """Django's settings for a `smtp://user:password@host:port?from=chibo@example.org` URL; smtps: TLS at once."""
    parts = urlsplit(url)
    if parts.scheme not in ("smtp", "smtps") or not parts.hostname:
        raise ImproperlyConfigured("CHIBO_EMAIL_URL must be smtp://host or smtps://host, with user, password, port.")
    options = dict(parse_qsl(parts.query))
    return {
        "EMAIL_HOST": parts.hostname,
        "EMAIL_PORT": parts.port or (465 if parts.scheme == "smtps" else 587 if parts.username else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": parts.scheme == "smtps",
        "EMAIL_USE_TLS": parts.scheme == "smtp" and options.get("starttls", "1" if parts.username else "0") == "1",
        "DEFAULT_FROM_EMAIL": options.get("from") or f"chibo@{parts.hostname}",
    }


DEBUG = os.environ.get("CHIBO_DEBUG") == "1"
DATA = place.data_folder()
SECRET_KEY = place.secret_key()
ALLOWED_HOSTS = os.environ.get("CHIBO_HOSTS", "localhost,127.0.0.1,[::1]").split(",")
CHIBO_TODAY = place.standing_day()
CHIBO_HTTPS = os.environ.get("CHIBO_HTTPS") == "1"  # behind a proxy that speaks TLS

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "chibo.accounts",  # before allauth: its pages stand in for allauth's
    "allauth",
    "allauth.account",
    "django_htmx",
    "template_partials",
    "csp",
    "pgtrigger",
    "pghistory",
    "procrastinate.contrib.django",
    "chibo.core",
    "chibo.exchange",
    "chibo.organizations",
    "chibo.integrity",
    "chibo.classifications",
    "chibo.restructurings",
    "chibo.indicators",
    "chibo.papers",
    "chibo.procedures",
    "chibo.documents",
    "chibo.members",
    "chibo.files",
    "chibo.admissions",
    "chibo.committees",
    "chibo.scoring",
    "chibo.agendas",
    "chibo.modes",
    "chibo.meetings",
    "chibo.resolutions",
    "chibo.guidance",
    "chibo.duplicates",
    "chibo.registers",
    "chibo.lifecycle",
    "chibo.targets",
    "chibo.reports",
    "chibo.api",
    "chibo.portal",
    "chibo.project",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "chibo.core.csp.Policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "chibo.core.pages.refuse_too_large",
    "chibo.core.typed.read_forms",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "chibo.project.replica.FromReplica",
    "chibo.core.repeated.Once",
    "django_htmx.middleware.HtmxMiddleware",
    "allauth.account.middleware.AccountMiddleware",
]

ROOT_URLCONF = "chibo.project.urls"
WSGI_APPLICATION = "chibo.project.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["chibo.core.templatetags.chibo"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "django.template.context_processors.i18n",
                "chibo.core.pages.standing",
            ],
        },
    },
    {  # of what a page has by the hundred
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "APP_DIRS": True,
        "OPTIONS": {"environment": "chibo.core.jinja.environment"},
    },
]

FORM_RENDERER = "django.forms.renderers.Jinja2"  # a filter of 150 choices takes a fifth of the time

DATABASES = {"default": database_from(os.environ.get("DATABASE_URL") or place.embedded_url(DATA))}
DATABASES["default"]["OPTIONS"] |= {"options": SESSION, "pool": {"min_size": 0, "max_size": 8, "timeout": 10}}  # type: ignore[operator]
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True  # a database that was restarted is not taken for dead
# Behind a pooler each transaction goes through another connection: nothing is kept with one. Set by the server.
CHIBO_POOLED = os.environ.get("CHIBO_POOLED") == "1"
if CHIBO_POOLED:
    del DATABASES["default"]["OPTIONS"]["options"]  # type: ignore[attr-defined]
    DATABASES["default"]["DISABLE_SERVER_SIDE_CURSORS"] = True
CHIBO_REPLICA_SECONDS = int(os.environ.get("CHIBO_REPLICA_SECONDS", "5"))  # a list or figure may be behind so long
if os.environ.get("CHIBO_REPLICA_URL"):
    DATABASES["replica"] = replica_from(os.environ["CHIBO_REPLICA_URL"])
    DATABASE_ROUTERS = ["chibo.project.replica.Router"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
PGHISTORY_LEVEL = __import__("pgtrigger").Statement
CACHES = {"default": {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "core_cache"}}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["chibo.accounts.backends.Backend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "full_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_REDIRECT_URL = "/"
LOGIN_URL = "/accounts/login/"
ACCOUNT_ADAPTER = "chibo.accounts.adapter.Adapter"
ACCOUNT_FORMS = {
    "login": "chibo.accounts.forms.LoginForm",
    "change_password": "chibo.accounts.forms.ChangePasswordForm",
    "reauthenticate": "chibo.accounts.forms.ReauthenticateForm",
}
ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_RATE_LIMITS = {"invitation": "20/m/ip,5/300s/key"}  # beside allauth's own: tries with a code that is no good
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_SESSION_REMEMBER = False

CHIBO_MAILS = bool(os.environ.get("CHIBO_EMAIL_URL"))  # without it notices are told in the program alone
CHIBO_ADDRESS = os.environ.get("CHIBO_ADDRESS", "").rstrip("/")  # as people reach it: https://chibo.example.org
EMAIL_TIMEOUT = 20
if CHIBO_MAILS:
    globals().update(mail_from(os.environ["CHIBO_EMAIL_URL"]))

CHIBO_API = "/api/"  # below which programs ask, and are answered as programs are
CHIBO_API_PER_MINUTE = int(os.environ.get("CHIBO_API_PER_MINUTE", "600"))  # requests of one token

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("vi", _("Vietnamese"))]
LOCALE_PATHS = [BASE / "locale"]
TIME_ZONE = "Asia/Ho_Chi_Minh"
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "chibo.core.assets.HashedStorage"},
}

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "manifest-src": [SELF],
    }
}
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_NUMBER_FIELDS = 4000  # a meeting of a large cell has two or three fields for each member
SESSION_ENGINE = "chibo.accounts.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = CHIBO_HTTPS
SECURE_SSL_REDIRECT = CHIBO_HTTPS
SECURE_HSTS_SECONDS = 31536000 if CHIBO_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = CHIBO_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if CHIBO_HTTPS else None
LANGUAGE_COOKIE_SAMESITE = "Lax"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "handlers": {"console": {"class": "logging.StreamHandler"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},  # who asks for what is not theirs is no trouble of ours
}
