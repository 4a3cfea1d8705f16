"""Write the report on every homework beside it."""

from tests.transcripts import HOMEWORK, transcript

for path in HOMEWORK:
    path.with_suffix(".txt").write_text(transcript(path), encoding="utf-8")
