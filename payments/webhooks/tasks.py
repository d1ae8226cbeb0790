"""Jobs of the inbox."""

from celery import shared_task

from payments.webhooks import services


@shared_task(name="payments.forget_words")
def forget_words() -> int:
    return services.forget_words()
