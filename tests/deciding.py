"""Both presses of a decision: the form, then the letter that was made of it."""

from typing import Any

from apps.notices import rendering
from apps.notices.models import LetterPreview


def decide(client: Any, url: str, typed: dict[str, str]) -> Any:
    """Answer the form at ``url``; where it holds, wait for the letter as a worker makes it, and release it.

    Returns the answer to the last press.
    """
    answer = client.post(url, typed)
    if answer.status_code != 302:
        return answer
    preview = LetterPreview.objects.latest("created_at")
    assert str(preview.pk) in answer.url
    rendering.render_preview(preview.pk)
    return client.post(answer.url)
