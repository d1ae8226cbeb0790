"""Every periodic job of VoltGo in one table. Each is only a sweeper: reads never depend on it."""

from typing import Any

from celery.schedules import crontab

SCHEDULE: dict[str, dict[str, Any]] = {
    # Sends what a crash left between a commit and its task.
    "outbox": {"task": "core.sweep_outbox", "schedule": 15.0, "options": {"expires": 15}},
    "outbox-clean": {"task": "core.clean_outbox", "schedule": 3600.0, "options": {"expires": 600}},
    # Frees vehicles whose payment never came; search and hold already ignore them.
    "holds": {"task": "rentals.expire_holds", "schedule": 30.0, "options": {"expires": 30}},
    # Ends offers of the waitlist that were not paid, and looks at the queues once more.
    "waitlist": {"task": "rentals.serve_waitlist", "schedule": 60.0, "options": {"expires": 60}},
    # Ends changes of bookings that nobody paid for.
    "changes": {"task": "rentals.lapse_changes", "schedule": 30.0, "options": {"expires": 30}},
    # Reminds, climbs the overdue ladder, protects the next renters, minds vehicles out of service.
    "ladder": {"task": "rentals.run_ladder", "schedule": 60.0, "options": {"expires": 60}},
    # Closes settlements to which nobody has objected within 48 hours.
    "settlements": {"task": "rentals.close_undisputed", "schedule": 300.0, "options": {"expires": 300}},
    # Tries commands of tablets whose files or predecessors have come; after a day they are a person's.
    "commands": {"task": "rentals.try_commands", "schedule": 30.0, "options": {"expires": 30}},
    # Empties what tablets said of things that were settled three months ago.
    "commands-kept": {"task": "rentals.forget_commands", "schedule": 3600.0, "options": {"expires": 600}},
    # Takes silence about a camera fine for consent when the time to answer is over.
    "fines": {"task": "rentals.lapse_fines", "schedule": 3600.0, "options": {"expires": 600}},
    # Asks the provider about payments whose notification never came.
    "payments": {"task": "payments.poll_pending", "schedule": 60.0, "options": {"expires": 60}},
    "refunds": {"task": "payments.poll_refunds", "schedule": 120.0, "options": {"expires": 120}},
    # Places, renews, takes and frees holds on cards, and asks about those that nothing is heard of.
    "deposit-holds": {"task": "payments.mind_holds", "schedule": 60.0, "options": {"expires": 60}},
    # Gives back what was kept of deposits for fines.
    "retained": {"task": "payments.release_retained", "schedule": 3600.0, "options": {"expires": 600}},
    # The days of reconciliation begin and end in Vietnam, as CELERY_TIMEZONE has it.
    "files": {
        "task": "payments.fetch_files",
        "schedule": crontab(minute="30", hour="7"),
        "options": {"expires": 3600},
    },
    "reconciliation": {
        "task": "payments.reconcile_providers",
        "schedule": crontab(minute="0", hour="8"),
        "options": {"expires": 3600},
    },
    "bank": {
        "task": "payments.reconcile_bank",
        "schedule": crontab(minute="0", hour="9"),
        "options": {"expires": 3600},
    },
    "missing-files": {
        "task": "payments.alert_missing_files",
        "schedule": crontab(minute="0", hour="10"),
        "options": {"expires": 3600},
    },
    # Recounts every entry when the day's money has come, and compares it with what it stands for.
    "ledger-proof": {
        "task": "payments.prove_ledger",
        "schedule": crontab(minute="30", hour="23"),
        "options": {"expires": 3600},
    },
    # Clears the words of providers' messages that were settled more than a year ago.
    "words": {
        "task": "payments.forget_words",
        "schedule": crontab(minute="15", hour="4"),
        "options": {"expires": 3600},
    },
    # Hands the day's invoice data to the provider; the law gives until the end of the next working day.
    "einvoices": {
        "task": "payments.export_einvoices",
        "schedule": crontab(minute="0", hour="22"),
        "options": {"expires": 3600},
    },
    # Sends on what quiet hours have held back.
    "put-off": {"task": "accounts.release_put_off", "schedule": 60.0, "options": {"expires": 60}},
    # Hands papers that no worker could read to people, and reminds of photographs to be taken again.
    "papers": {"task": "accounts.mind_papers", "schedule": 60.0, "options": {"expires": 60}},
    "documents": {"task": "accounts.expire_documents", "schedule": 3600.0, "options": {"expires": 600}},
    # Tells staff when a station narrows or reopens; booking counts for itself.
    "supply": {"task": "stations.watch_supply", "schedule": 120.0, "options": {"expires": 120}},
}
