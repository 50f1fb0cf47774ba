"""What lies before a second person: released, refused, taken back; and signatures of parties who agree."""

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.accounts.requests import SignedInRequest
from apps.cases import proposals
from apps.cases.forms import RefuseForm
from apps.cases.models import Case
from apps.core.requests import number_of, sent_from
from apps.core.transitions import TransitionError


@sent_from(lambda _request, reference, pk: reverse("admin:case", args=[reference]))
def proposal(request: SignedInRequest, reference: str, pk: int) -> HttpResponse:
    """Say yes or no to what a colleague has proposed, or take one's own back."""
    case = get_object_or_404(Case.objects.worked_by(request.user), reference=reference)
    found = get_object_or_404(case.proposals, pk=pk)
    chosen = request.POST.get("act", "")
    refusing = RefuseForm(request.POST if chosen == "refuse" else None)
    try:
        if chosen == "release":
            said = proposals.release(found, by=request.user)
        elif chosen == "refuse":
            if not refusing.is_valid():
                return _refuse_again(request, case, refusing)
            proposals.refuse(found, reason=refusing.cleaned_data["reason"], by=request.user)
            said = _("Abgelehnt. Es bleibt, wie es ist. Ihr Grund steht in den Notizen.")
        elif chosen == "take_back":
            proposals.take_back(found, by=request.user)
            said = _("Der Vorschlag ist zurückgenommen.")
        elif chosen == "signed":
            party = get_object_or_404(case.parties, pk=number_of(request.POST.get("party", "")))
            done = proposals.signature_seen(found, party, by=request.user)
            said = _("Alle haben zugestimmt. Es ist so weit.") if done else _("Die Unterschrift ist vermerkt.")
        else:
            raise Http404
        messages.success(request, said)
    except proposals.NotTheirOwn:
        messages.warning(
            request, _("Das gibt eine zweite Person frei, die es darf und es nicht selbst vorgeschlagen hat.")
        )
    except TransitionError:
        if refusing.is_bound:
            refusing.add_error(None, _("Das hat sich inzwischen erledigt. Was Sie geschrieben haben, steht noch hier."))
            return _refuse_again(request, case, refusing)
        messages.info(request, _("Das hat sich inzwischen erledigt. Bitte sehen Sie noch einmal hin."))
    return redirect(case.staff_url)


def _refuse_again(request: SignedInRequest, case: Case, form: RefuseForm) -> HttpResponse:
    """What was written as a reason, with what is wrong with it."""
    return render(request, "desk/refuse.html", {"case": case, "form": form}, status=422)
