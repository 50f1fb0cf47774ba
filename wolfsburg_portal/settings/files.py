"""Uploads, where files lie, what is served of ours."""

from wolfsburg_portal.settings.place import BASE_DIR, VAR_DIR, env

UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_MB", default=10) * 1024 * 1024
UPLOAD_MAX_FILES_PER_DRAFT = 10
# What one person or network may store in a day, and what stays free on the disk whatever comes.
UPLOAD_BYTES_PER_DAY = env.int("UPLOAD_MB_PER_DAY", default=500) * 1024 * 1024
UPLOAD_FREE_BYTES = env.int("UPLOAD_FREE_MB", default=1024) * 1024 * 1024
UPLOAD_MAX_PDF_PAGES = 100
UPLOAD_MAX_IMAGE_PIXELS = 60_000_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 1000
# Places for files on one page, empty ones included; how many may be kept says UPLOAD_MAX_FILES_PER_DRAFT.
DATA_UPLOAD_MAX_NUMBER_FILES = 40
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "apps.core.uploads.LimitedUploadHandler",
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "apps.core.uploads.TemporaryUploadHandler",
]
# Socket of a ClamAV daemon; without one, uploads are checked by type and structure only.
CLAMAV_SOCKET = env.str("CLAMAV_SOCKET", default="")

STORAGES = {
    "default": {
        "BACKEND": "django.core.files.storage.FileSystemStorage",
        "OPTIONS": {
            "location": str(VAR_DIR / "private"),
            "base_url": None,
            "file_permissions_mode": 0o600,
            "directory_permissions_mode": 0o700,
        },
    },
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "apps.core.assets.NodePackageFinder",
]
# What is served of the npm packages: name under /static/ -> file in node_modules.
_KERN = "@kern-ux/native/dist"
NODE_MODULES = BASE_DIR / "node_modules"
# For names in Chinese, Japanese and Korean in letters (Debian: fonts-droid-fallback); without it they are printed as holes.
FAR_EAST_FONT = env.str("FAR_EAST_FONT", default="/usr/share/fonts-droid-fallback/truetype/DroidSansFallback.ttf")
NODE_PACKAGE_FILES = {
    "vendor/kern/kern.min.css": f"{_KERN}/kern.min.css",
    **{
        f"vendor/kern/fonts/FiraSans-{weight}.woff2": f"{_KERN}/fonts/fira-sans/FiraSans-{weight}.woff2"
        for weight in ("Regular", "Medium", "SemiBold")
    },
    "vendor/altcha/altcha.min.js": "altcha/dist/external/altcha.min.js",
    "vendor/altcha/altcha.css": "altcha/dist/external/altcha.css",
    "vendor/altcha/de.js": "altcha/dist/i18n/de.js",
    "vendor/altcha/pbkdf2.js": "altcha/dist/workers/pbkdf2.js",
}
WHITENOISE_MAX_AGE = 60 * 60
