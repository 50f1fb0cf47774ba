"""What other rooms have to do with a booking."""

from collections.abc import Callable

from apps.appointments.booking.models import Booking
from apps.core.sockets import Door, Socket

# With a booking that was cancelled or moved, in the transaction that does it.
booking_gone: Socket[Callable[[Booking], None]] = Socket()
# The ways that lead on from the page of a booking.
booking_doors: Socket[Callable[[Booking], list[Door]]] = Socket()
