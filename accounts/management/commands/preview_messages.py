"""Write every message in both languages into a folder, to look at without sending anything."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from accounts.notifications import texts
from accounts.notifications.enums import Channel
from accounts.notifications.kinds import RULES
from accounts.notifications.samples import all_samples
from accounts.users.models import User


class Command(BaseCommand):
    help = "Write all messages x languages as .html and .txt (mail, push and SMS) to a folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path)

    def handle(self, *_args: Any, **options: Any) -> None:
        folder: Path = options["folder"]
        count = 0
        for language in User.Language.values:
            reader = User(full_name="Nguyễn Minh Anh", email="anh@example.vn", language=language)
            target = folder / language
            target.mkdir(parents=True, exist_ok=True)
            for name, (kind, context) in all_samples().items():
                mail = texts.letter(reader, kind, context)
                (target / f"{name}.html").write_text(mail.body_html, encoding="utf-8")
                text = f"{mail.subject}\n\n{mail.body}"
                if Channel.PUSH in RULES[kind].channels:
                    short = texts.short(reader, kind, context)
                    text += f"\n\n=== push\n{short.title}\n{short.body}\n"
                    if Channel.SMS in RULES[kind].channels:
                        sms = texts.sms(short, texts.link_of(kind, context))
                        text += f"\n=== sms ({len(sms)})\n{sms}\n"
                (target / f"{name}.txt").write_text(text, encoding="utf-8")
                count += 1
        self.stdout.write(f"{count} messages written to {folder}")
