"""`manage.py makemessages`: Django's own, but every Chinese literal of the source is a message."""

from pathlib import Path
from typing import Any

from django.core.management.commands import makemessages
from django.utils.translation import to_locale

from hub import literals

ELSEWHERE = [".venv", "tests", "sandbox", "rush", "benchmarks", "var"]


class Source(makemessages.BuildFile):
    """A Python file goes to xgettext as the list of its Chinese literals; a template as Django does it."""

    @property
    def is_python(self) -> bool:
        """Whether this is no template."""
        return self.path.endswith(".py")

    @property
    def is_templatized(self) -> bool:
        """Whether xgettext reads a copy."""
        return self.is_python or super().is_templatized

    def preprocess(self) -> None:
        """Write the copy."""
        if not self.is_python:
            return super().preprocess()
        source = Path(self.path).read_text(encoding="utf-8")
        found = literals.messages(source) if literals.has_words(self.path.removeprefix("./")) else []
        listed = "".join(f"_({text!r})\n" for text in found)
        Path(self.work_path).write_text(listed, encoding="utf-8")


class Command(makemessages.Command):
    """Without arguments: all languages but the source's own, in the form this repository keeps."""

    build_file_class = Source
    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]

    def handle(self, *args: Any, **options: Any) -> None:
        options["locale"] = options["locale"] or ["en"]
        options["ignore_patterns"] = [*options["ignore_patterns"], *ELSEWHERE]
        options.update(no_wrap=True, no_location=True, no_obsolete=True)
        super().handle(*args, **options)

    def write_po_file(self, potfile: str, locale: str) -> None:
        """Without the date: two branches would always conflict on it."""
        super().write_po_file(potfile, locale)
        language = to_locale(locale)
        file = Path(potfile).parent / language / "LC_MESSAGES" / f"{self.domain}.po"
        lines = file.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = (line for line in lines if not line.startswith('"POT-Creation-Date:'))
        file.write_text("".join(kept), encoding="utf-8")
