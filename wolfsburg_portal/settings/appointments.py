"""How much of the appointments one may take, and how times that were given back come free."""

from wolfsburg_portal.settings.place import env

APPOINTMENT_HOLDS_PER_HOUR = env.int("APPOINTMENT_HOLDS_PER_HOUR", default=20)
APPOINTMENT_MAILS_PER_HOUR = env.int("APPOINTMENT_MAILS_PER_HOUR", default=10)
# More attempts to hold a time than this look odd: of one client in ten minutes, of everybody in one. Then a browser
# has to work for it (ALTCHA; the cost is the number of PBKDF2 iterations of one try) or to send a mailed code.
APPOINTMENT_HOLDS_BEFORE_PROOF = env.int("APPOINTMENT_HOLDS_BEFORE_PROOF", default=5)
APPOINTMENT_HOLDS_PER_MINUTE = env.int("APPOINTMENT_HOLDS_PER_MINUTE", default=120)
ALTCHA_COST = env.int("ALTCHA_COST", default=2000)
# How long a time that was given back stays off the market when nobody waits for it: at least and at most.
APPOINTMENT_REST_SECONDS = [int(n) for n in env.list("APPOINTMENT_REST_SECONDS", default=["120", "1200"])]
# Taken times are kept only where all processes share the cache.
APPOINTMENT_CACHE = not env.str("CACHE_URL", default="locmem").startswith("locmem")
APPOINTMENT_TICKETS_PER_DAY = env.int("APPOINTMENT_TICKETS_PER_DAY", default=6)
