"""All settings; every value that an operator may change comes from the environment.

Without ``DATABASE_URL`` and ``REDIS_URL`` the portal runs on its embedded servers
(`portal.embedded`) and makes its own secrets in the data folder. With ``DATABASE_URL`` it is in
production: secrets must be given.
"""

from datetime import timedelta
from pathlib import Path

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured

from portal import embedded, safe_start
from portal.single_sign_on import *  # noqa: F403  (settings of that name alone)

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
environ.Env.read_env(BASE_DIR / ".env")

DATA_FOLDER = Path(env.str("PORTAL_DATA", default=str(BASE_DIR / "var"))).absolute()
EMBEDDED_DATABASE = not env.str("DATABASE_URL", default="")
EMBEDDED_REDIS = not env.str("REDIS_URL", default="")
PORT = env.int("PORT", default=8080)
WEB_PROCESSES = env.int("WEB_PROCESSES", default=2)
WEB_THREADS = env.int("WEB_THREADS", default=8)
WORKER_PROCESSES = env.int("WORKER_PROCESSES", default=2)

# --- Secrets and hosts: nothing has a default outside the embedded mode
# -----------------------------
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
SECRET_KEY = env.str("SECRET_KEY", default="")
ENCRYPTION_KEYS = env.list("ENCRYPTION_KEYS", default=[])
if EMBEDDED_DATABASE:
    SECRET_KEY = SECRET_KEY or embedded.secret(DATA_FOLDER, "secret.key")
    ENCRYPTION_KEYS = ENCRYPTION_KEYS or [embedded.secret(DATA_FOLDER, "encryption.key")]

HTTPS = env.bool("HTTPS", default=False)
PLAIN_HTTP = env.bool("PLAIN_HTTP", default=False)
#: Whose word counts on who asks and whether by https; the printer of exports is at the loopback.
TRUSTED_PROXIES = ["127.0.0.1", "::1", *env.list("TRUSTED_PROXIES", default=[])]
_unsafe = safe_start.reasons(
    safe_start.Start(
        SECRET_KEY, ENCRYPTION_KEYS, ALLOWED_HOSTS, CSRF_TRUSTED_ORIGINS, DEBUG, HTTPS, PLAIN_HTTP
    )
)
if _said := " ".join(_unsafe):
    raise ImproperlyConfigured(_said)

# --- Apps
# -------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "unfold.apps.BasicAppConfig",  # not its default, which puts its own admin site in place of ours
    "unfold.contrib.filters",
    "unfold.contrib.forms",
    "unfold.contrib.import_export",
    "unfold.contrib.simple_history",
    "portal.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",  # widgets' templates are found where all templates are
    "axes",
    "csp",
    "django_celery_beat",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "import_export",
    "rest_framework",
    "simple_history",
    "accounts",
    "datasets",
    "dashboards",
    "feeds",
    "portal",
]
MIDDLEWARE = [
    "portal.middleware.SafeHeaders",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "accounts.middleware.Audited",
    "accounts.middleware.Sessions",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "accounts.middleware.SecondFactor",
    "accounts.viewing_as.ViewingAs",
    "accounts.middleware.OwnTimes",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "portal.middleware.Knocking",
]
ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.context.portal",
            ],
        },
    }
]

FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Database and Redis
# -----------------------------------------------------------------------------
DATABASES = {
    "default": {
        **env.db_url_config(
            env.str("DATABASE_URL", default="") or embedded.database_url(DATA_FOLDER)
        ),
        "CONN_MAX_AGE": 600,
        "CONN_HEALTH_CHECKS": True,
    }
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
REDIS_URL = env.str("REDIS_URL", default="") or embedded.redis_url(DATA_FOLDER)
SESSION_ENGINE = "accounts.sessions"

# --- Celery: one tick claims what is due in PostgreSQL; messages may be lost, nothing else is
# --------
CELERY_BROKER_URL = REDIS_URL.replace("unix:", "redis+socket:").replace("?db=", "?virtual_host=")
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 7200, "socket_keepalive": True}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SOFT_TIME_LIMIT = 3600
CELERY_TASK_TIME_LIMIT = 3660
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = WORKER_PROCESSES
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 2
CELERY_BEAT_SCHEDULE = {
    "tick": {
        "task": "datasets.tasks.tick",
        "schedule": timedelta(seconds=2),
        "options": {"expires": 10},
    },
    "clean-up": {
        "task": "datasets.tasks.clean_up",
        "schedule": timedelta(minutes=10),
        "options": {"expires": 300},
    },
    "exports": {
        "task": "dashboards.tasks.tend_exports",
        "schedule": timedelta(minutes=1),
        "options": {"expires": 50},
    },
    "clean-up-sessions": {
        "task": "accounts.tasks.clean_up",
        "schedule": timedelta(hours=1),
        "options": {"expires": 3000},
    },
    "clean-up-vitals": {
        "task": "dashboards.tasks.clean_up",
        "schedule": timedelta(hours=6),
        "options": {"expires": 3600},
    },
    "prune-audit": {
        "task": "accounts.tasks.prune_audit",
        "schedule": timedelta(hours=1),
        "options": {"expires": 1800},
    },
    "simulate": {
        "task": "portal.demo.tasks.simulate",
        "schedule": timedelta(seconds=4),
        "options": {"expires": 4},
    },
}
CELERY_TIMEZONE = "UTC"

# --- Sources: what only the operator may allow
# --------------------------------------------------------------
# Networks in CIDR form that are not public and to which sources may connect all the same. The
# embedded database, with the demo shop, is on this machine.
SOURCE_NETWORKS = env.list(
    "SOURCE_NETWORKS", default=["127.0.0.1/32", "::1/128"] if EMBEDDED_DATABASE else []
)
SOURCES_MAY_WRITE = env.bool("SOURCES_MAY_WRITE", default=False)  # roles that do more than read

# --- Snapshots
# --------------------------------------------------------------------------------------
SNAPSHOT_FOLDER = DATA_FOLDER / "snapshots"
FILES_FOLDER = DATA_FOLDER / "files"  # where sources of the kind "files" may read
SNAPSHOT_GRACE = timedelta(minutes=15)  # a superseded version stays this long for readers under way
LEASE = timedelta(seconds=env.int("LEASE_SECONDS", default=20))
QUERY_MEMORY = env.str("QUERY_MEMORY", default="512MB")
QUERY_THREADS = env.int("QUERY_THREADS", default=2)
QUERY_SECONDS = env.int("QUERY_SECONDS", default=20)

# --- Audit
# -----------------------------------------------------------------------------------------
AUDIT_KEEP_DAYS = env.int("AUDIT_KEEP_DAYS", default=730)
AUDIT_LOG = env.bool("AUDIT_LOG", default=False)  # a line in the log for each event, too

# --- Exports
# ---------------------------------------------------------------------------------------
CHROMIUM = env.str("CHROMIUM", default="")  # for pictures; empty: the one on the path

# --- Demo shop
# --------------------------------------------------------------------------------------
DEMO_CARTS = env.int("DEMO_CARTS", default=200_000)

# --- People
# -----------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}", "OPTIONS": options}
    for name, options in {
        "UserAttributeSimilarityValidator": {},
        "MinimumLengthValidator": {"min_length": env.int("PASSWORD_LENGTH", default=12)},
        "CommonPasswordValidator": {},
        "NumericPasswordValidator": {},
    }.items()
]
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "accounts.backends.Passwords",
]
SESSION_COOKIE_AGE = env.int("SESSION_IDLE_MINUTES", default=14 * 24 * 60) * 60
HTTPS = env.bool("HTTPS", default=False)
# none, all, staff, names of roles, or several of them with commas
REQUIRE_TWO_FACTOR = [
    rule.strip() for rule in env.list("REQUIRE_TWO_FACTOR", default=["staff" if HTTPS else "none"])
]
INVITATION_DAYS = env.int("INVITATION_DAYS", default=7)
PASSWORD_RESET_TIMEOUT = 3600  # seconds that a mailed link for a new password lives
if LDAP_URL:  # noqa: F405
    AUTHENTICATION_BACKENDS.append("accounts.directory.Directory")

# Who fails to sign in waits: counted in the database, see `accounts.lockout`.
AXES_FAILURE_LIMIT = env.int("LOCK_OUT_AFTER", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("LOCK_OUT_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = "accounts.lockout.parameters"
AXES_USERNAME_CALLABLE = "accounts.lockout.username"
AXES_CLIENT_IP_CALLABLE = "accounts.address.of"
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False  # the time that was told stays true
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "code", "state", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True
SILENCED_SYSTEM_CHECKS = ["axes.W002"]  # its middleware: the form itself says who has to wait
AXES_ENABLE_ADMIN = AXES_VERBOSE = False

# --- Mail: without EMAIL_URL none is sent, and administrators copy links
# ---------------------------------
MAIL = bool(env.str("EMAIL_URL", default=""))
EMAIL_TIMEOUT = 10
if MAIL:
    globals().update(env.email_url("EMAIL_URL"))
DEFAULT_FROM_EMAIL = SERVER_EMAIL = env.str("EMAIL_FROM", default="portal@localhost")

# --- Language and time
# ------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = env.str("TIME_ZONE", default="Europe/Berlin")
USE_TZ = True
FORMAT_MODULE_PATH = "portal.formats"
FORMAT_LOCALE = env.str("FORMAT_LOCALE", default="en")  # how numbers and dates are written
PORTAL_NAME = env.str("PORTAL_NAME", default="Cart Insight")

# --- Static files
# -----------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = DATA_FOLDER / "static"
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "portal.static.BokehFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "portal.static.Storage"},
}
WHITENOISE_MAX_AGE = 60

# --- Browser security
# -------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
# No other host of the domain can set a cookie of such a name, nor can a page without TLS.
SESSION_COOKIE_NAME = "__Host-session" if HTTPS else "sessionid"
CSRF_COOKIE_NAME = "__Host-csrf" if HTTPS else "csrftoken"
SECURE_SSL_REDIRECT = env.bool("HTTPS_REDIRECT", default=HTTPS)
SECURE_REDIRECT_EXEMPT = [r"^health/$"]  # load balancers ask without TLS
# uvicorn reads X-Forwarded-Proto and -For, of TRUSTED_PROXIES alone; Django would take everybody's.
SECURE_PROXY_SSL_HEADER = None
USE_X_FORWARDED_HOST = USE_X_FORWARDED_PORT = False
SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=31_536_000) if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("HSTS_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD = env.bool("HSTS_PRELOAD", default=False)
# Both bind other hosts of the domain, about which only the operator can decide.
SILENCED_SYSTEM_CHECKS += ["security.W005", "security.W021"]
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_621_440  # bytes of a form without its files
DATA_UPLOAD_MAX_NUMBER_FIELDS = 2_000
DATA_UPLOAD_MAX_NUMBER_FILES = 10
WHITENOISE_ALLOW_ALL_ORIGINS = False
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF, UNSAFE_INLINE],  # BokehJS sets inline styles
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [NONE],
        "frame-src": [NONE],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}
#: More for pages of the admin: its theme runs Alpine, which evaluates expressions in attributes.
ADMIN_POLICY = {"script-src": [UNSAFE_EVAL]}

#: Of one address: what is refused for want of a known token or link, and all pages behind links.
API_RATE_ANONYMOUS = env.str("API_RATE_ANONYMOUS", default="30/min")
PUBLIC_RATE = env.str("PUBLIC_RATE", default="600/min")

# --- API
# --------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "accounts.authentication.TokenAuthentication",
        "accounts.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_SCHEMA_CLASS": "feeds.rest.description.Description",
    "DEFAULT_THROTTLE_CLASSES": [
        "feeds.rest.throttling.PerPerson",
        "feeds.rest.throttling.PerToken",
    ],
    "DEFAULT_THROTTLE_RATES": {
        "user": env.str("API_RATE_USER", default="600/min"),
        "token": env.str("API_RATE_TOKEN", default="300/min"),
    },
}
SPECTACULAR_SETTINGS = {
    "TITLE": f"{PORTAL_NAME} API",
    "DESCRIPTION": "Dashboards, the data of their widgets, and the rows of datasets: as you may.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.IsAuthenticated"],
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SCHEMA_PATH_PREFIX": "/api/v1/",
}

DEFAULT_EXCEPTION_REPORTER = "portal.redaction.Reporter"
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {
            "()": "portal.redaction.Formatter",  # without secrets
            "fmt": "{asctime} {levelname} {name}: {message}",
            "style": "{",
        }
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING")},
    # Django's own sends mails of errors, whose subjects are addresses of pages.
    "loggers": {"portal": {"level": "INFO"}, "django": {"level": "INFO", "handlers": []}},
}
