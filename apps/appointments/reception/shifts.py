"""Who sits where."""

import datetime as dt

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import User
from apps.appointments.reception.models import Shift
from apps.appointments.timetable.minutes import local_minute, moment
from apps.appointments.timetable.models import Counter
from apps.catalogue.models import Office
from apps.core.transitions import TransitionConflict


def sit_down(counter: Counter, user: User) -> Shift:
    """Take a counter; whoever still sits there or whatever else one had ends. The same shift if it is one's own."""
    with transaction.atomic():
        Counter.objects.select_for_update().get(pk=counter.pk)
        mine = Shift.objects.filter(counter=counter, user=user, ended_at=None).first()
        if mine is not None:
            return mine
        Shift.objects.filter(Q(counter=counter) | Q(user=user), ended_at=None).update(ended_at=timezone.now())
        try:
            with transaction.atomic():
                return Shift.objects.create(counter=counter, user=user)
        except IntegrityError as error:
            raise TransitionConflict("sat down elsewhere at the same moment") from error


def stand_up(shift: Shift) -> None:
    """Leave the counter; who is being served stays there until somebody says what became of them."""
    Shift.objects.filter(pk=shift.pk, ended_at=None).update(ended_at=timezone.now(), break_since=None)


def pause(shift: Shift) -> None:
    """Take a break: nobody is called here meanwhile."""
    Shift.objects.filter(pk=shift.pk, ended_at=None, break_since=None).update(break_since=timezone.now())


def resume(shift: Shift) -> None:
    """Back from the break."""
    Shift.objects.filter(pk=shift.pk, ended_at=None).update(break_since=None)


def staffed(office: Office) -> list[Counter]:
    """Counters at which somebody sits who is not on a break; shifts of an earlier day count for nothing."""
    midnight = moment(local_minute(timezone.localdate(), dt.time.min))
    open_shifts = Shift.objects.filter(ended_at=None, break_since=None, began_at__gte=midnight, counter__office=office)
    return [shift.counter for shift in open_shifts.select_related("counter")]
