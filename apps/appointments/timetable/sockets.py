"""What other rooms have to say when somebody changes the rules."""

from collections.abc import Callable

from django.http import HttpRequest

from apps.core.sockets import Socket

# With a request that has changed hours, counters or closures in the admin, to tell whoever did it what follows.
rules_changed: Socket[Callable[[HttpRequest], None]] = Socket()
