"""Celery tasks of notices: load by id, call one verb."""

from celery import shared_task

from apps.notices import rendering


@shared_task(name="notices.render")
def render(letter_id: str) -> None:
    """Make the document of one letter."""
    rendering.render(letter_id)


@shared_task(name="notices.copy")
def copy(copy_id: str) -> None:
    """Make one letter in another form."""
    rendering.render_copy(copy_id)


@shared_task(name="notices.preview")
def preview(preview_id: str) -> None:
    """Make the letters of one preview."""
    rendering.render_preview(preview_id)
